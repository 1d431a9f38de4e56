#include "prediction/prediction_id.hpp"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace cog {

std::string make_prediction_id() {
  static std::atomic<uint64_t> last{0};
  auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
  auto before = last.load(std::memory_order_relaxed);
  uint64_t number = 0;
  do {
    number = std::max<uint64_t>(before + 1, now.count());
  } while (!last.compare_exchange_weak(before, number, std::memory_order_relaxed));
  std::string id = "pred_0000000000000000";
  for (auto digit = id.rbegin(); number > 0; ++digit, number >>= 4)
    *digit = "0123456789abcdef"[number & 15];
  return id;
}

}   // namespace cog

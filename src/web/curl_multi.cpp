#include "web/curl_multi.hpp"
#include "web/web_request.hpp"
#include <algorithm>
#include <new>

namespace cog {

namespace {

constexpr std::chrono::milliseconds longest_wait{60'000};

}   // namespace

curl_multi::curl_multi() {
  init_curl();
  multi_.reset(curl_multi_init());
  if (!multi_)
    throw std::bad_alloc{};
}

void curl_multi::add(CURL* which) {
  curl_multi_add_handle(multi_.get(), which);
}

void curl_multi::remove(CURL* which) {
  curl_multi_remove_handle(multi_.get(), which);
}

std::vector<curl_multi::outcome> curl_multi::perform() {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  std::vector<outcome> ended;
  int left = 0;
  while (auto* message = curl_multi_info_read(multi_.get(), &left)) {
    ended.push_back({message->easy_handle, message->data.result});
  }
  for (auto& item : ended)
    remove(item.which);
  return ended;
}

void curl_multi::wait(std::chrono::steady_clock::time_point until) {
  auto time = longest_wait;
  if (until != std::chrono::steady_clock::time_point::max()) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    time = std::clamp(left, std::chrono::milliseconds{0}, longest_wait);
  }
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(time.count()), nullptr);
}

void curl_multi::wake() {
  curl_multi_wakeup(multi_.get());
}

}   // namespace cog

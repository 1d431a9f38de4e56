#include "prediction/memory_account.hpp"

namespace cog {

bool memory_account::try_add(uint64_t bytes) {
  auto used = used_.load(std::memory_order_relaxed);
  do {
    if (used > limit_ || bytes > limit_ - used)
      return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

bool memory_lease::grow_to(uint64_t bytes) {
  if (bytes <= bytes_)
    return true;
  if (account_ && !account_->try_add(bytes - bytes_))
    return false;
  bytes_ = bytes;
  return true;
}

void memory_lease::set(uint64_t bytes) {
  if (account_ && bytes > bytes_)
    account_->add(bytes - bytes_);
  else if (account_ && bytes < bytes_)
    account_->remove(bytes_ - bytes);
  bytes_ = bytes;
}

memory_lease memory_lease::another(uint64_t bytes) const {
  memory_lease more{account_};
  more.set(bytes);
  return more;
}

}   // namespace cog

#include "cli/playground/webhook_relay.hpp"
#include <algorithm>
#include <sys/eventfd.h>

namespace cog::playground {

namespace {

constexpr size_t most_waiting = 32 * 1024 * 1024;   // bytes, for one page

}   // namespace

webhook_relay::listener::listener() : ready_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  // nop
}

bool webhook_relay::listener::put(const std::string& event) {
  std::lock_guard lock{mutex_};
  if (bytes_ + event.size() > most_waiting)
    return false;
  bytes_ += event.size();
  events_.push_back(event);
  eventfd_write(ready_.get(), 1);
  return true;
}

std::deque<std::string> webhook_relay::listener::take() {
  std::lock_guard lock{mutex_};
  eventfd_t ignored = 0;
  eventfd_read(ready_.get(), &ignored);
  bytes_ = 0;
  return std::exchange(events_, {});
}

std::shared_ptr<webhook_relay::listener> webhook_relay::listen(const std::string& token) {
  auto made = std::make_shared<listener>();
  std::lock_guard lock{mutex_};
  std::erase_if(listeners_, [](auto& entry) { return entry.second.expired(); });
  listeners_.emplace(token, made);
  return made;
}

std::vector<std::shared_ptr<webhook_relay::listener>> webhook_relay::find(const std::string& token) {
  std::vector<std::shared_ptr<listener>> found;
  std::lock_guard lock{mutex_};
  for (auto [at, end] = listeners_.equal_range(token); at != end; ++at)
    if (auto one = at->second.lock())
      found.push_back(std::move(one));
  return found;
}

bool webhook_relay::is_awaited(const std::string& token) {
  return !find(token).empty();
}

webhook_relay::outcome webhook_relay::deliver(const std::string& token, const std::string& event) {
  auto found = find(token);
  if (found.empty())
    return outcome::nobody;
  bool taken = false;
  for (auto& one : found)
    taken = one->put(event) || taken;
  return taken ? outcome::taken : outcome::full;
}

}   // namespace cog::playground

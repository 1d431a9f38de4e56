#include "io/hangup_watch.hpp"
#include <array>
#include <sys/epoll.h>

namespace cog {

std::shared_ptr<hangup_watch> hangup_watch::start(const net::any_io_executor& strand) {
  unique_fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  std::shared_ptr<hangup_watch> made{new hangup_watch{strand, std::move(epoll)}};
  made->wait();
  return made;
}

hangup_watch::hangup_watch(const net::any_io_executor& strand, unique_fd epoll) : strand_{strand}, epoll_{strand} {
  if (!epoll)
    return;
  boost::system::error_code failed;
  epoll_.assign(epoll.get(), failed);
  if (!failed)
    epoll.release();
}

void hangup_watch::watch(int socket, uint64_t key, std::function<void()> tell) {
  if (!epoll_.is_open())
    return;
  // First, so that it is known when the end is seen.
  net::dispatch(strand_, [self = shared_from_this(), key, tell = std::move(tell)]() mutable {
    if (!self->stopped_)
      self->watched_.emplace(key, std::move(tell));
  });
  epoll_event event{};
  event.events = EPOLLRDHUP | EPOLLONESHOT;
  event.data.u64 = key;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket, &event);
}

void hangup_watch::forget(int socket, uint64_t key) {
  if (!epoll_.is_open())
    return;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
  net::dispatch(strand_, [self = shared_from_this(), key] { self->watched_.erase(key); });
}

void hangup_watch::stop() {
  net::dispatch(strand_, [self = shared_from_this()] {
    self->stopped_ = true;
    self->watched_.clear();
    boost::system::error_code ignored;
    self->epoll_.cancel(ignored);   // closed later: others may be about to use its number
  });
}

void hangup_watch::wait() {
  if (!epoll_.is_open())
    return;
  epoll_.async_wait(net::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      if (error || self->stopped_)
                        return;
                      self->tell_all();
                      self->wait();
                    });
}

void hangup_watch::tell_all() {
  std::array<epoll_event, 64> events{};
  auto count = ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i)
    if (auto found = watched_.extract(events.at(i).data.u64))
      found.mapped()();
}

}   // namespace cog

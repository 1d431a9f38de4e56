#pragma once
#include "io/net.hpp"
#include "io/unique_fd.hpp"
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace cog {

/// Sees that nothing more will come on a socket, whether its other side was closed, half closed or reset, though what
/// came before is not read: Asio waits for bytes, which are there all the time. One descriptor, however many are watched.
/// What lies in the other side's buffers when ours are full hides the end.
class hangup_watch : public std::enable_shared_from_this<hangup_watch> {
public:
  /// Calls are made on `strand`. Without a descriptor for it nothing is ever seen.
  static std::shared_ptr<hangup_watch> start(const net::any_io_executor& strand);
  hangup_watch(const hangup_watch&) = delete;
  hangup_watch& operator=(const hangup_watch&) = delete;

  /// Calls `tell` once, at once if the end is there already; from any thread. No two sockets share a `key`.
  void watch(int socket, uint64_t key, std::function<void()> tell);
  /// To be called before a socket that was watched is closed; a call may be on its way.
  void forget(int socket, uint64_t key);
  /// Calls nobody any more, and lets go of them all.
  void stop();

private:
  hangup_watch(const net::any_io_executor& strand, unique_fd epoll);
  void wait();
  void tell_all();

  net::any_io_executor strand_;
  net::posix::stream_descriptor epoll_;
  // Touched on the strand alone.
  std::unordered_map<uint64_t, std::function<void()>> watched_;
  bool stopped_ = false;
};

}   // namespace cog

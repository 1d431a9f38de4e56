#pragma once
#include "io/unique_fd.hpp"
#include <chrono>
#include <string>
#include <string_view>

namespace cog::playground {

/// The connection of somebody who asks, used by one thread. What waits ends at once when `stopped` becomes readable.
class client_stream {
public:
  using clock = std::chrono::steady_clock;

  client_stream(unique_fd socket, int stopped);

  /// Appends to `input` what comes, until that moment at the latest. False: nothing will come any more, or not in time.
  bool receive(clock::time_point until);

  /// False: the client has left, or took nothing for a minute.
  bool send(std::string_view bytes);

  enum class event { readable, time, left };

  /// Waits until `other` is readable, the time is over, or the client has left.
  event wait(int other, std::chrono::milliseconds limit);

  /// Whether the client has closed its side, when the socket is readable. Bytes that wait say that it has not.
  bool has_left() const;

  /// Says that nothing more is sent, and lets the client read what was before the connection is closed.
  void finish();

  int descriptor() const { return socket_.get(); }
  int stopped() const { return stopped_; }

  std::string input;   // what has come and was not used yet

private:
  bool poll_for(short what, clock::time_point until) const;

  unique_fd socket_;
  int stopped_;
};

}   // namespace cog::playground

#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace cog {

/// The way to a worker process.
class worker_channel {
public:
  /// Writes a frame to the data socket, at once if the socket takes it. `body` follows `head` and is kept alive by
  /// `holder`. After the process's death it goes nowhere.
  virtual void send(std::string head, std::string_view body, std::shared_ptr<const void> holder) = 0;
  virtual void send_control(std::string frame) = 0;

  /// Tells what is in the pipes behind descriptors 1 and 2 now.
  virtual void read_pipes() = 0;

  /// What the process has said breaks the protocol: it is heard no more and killed, and its death names the problem.
  virtual void reject(const std::string& problem) = 0;

protected:
  ~worker_channel() = default;
};

}   // namespace cog

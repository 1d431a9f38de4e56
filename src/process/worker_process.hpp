#pragma once
#include "process/frame.hpp"
#include "process/frame_order.hpp"
#include "io/net.hpp"
#include "process/reaper.hpp"
#include "process/subprocess.hpp"
#include "process/worker_channel.hpp"
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace cog {

/// Hears what a worker process says. All calls come on the executor the process was given.
class process_listener {
public:
  virtual void on_frame(worker_socket from, const frame& what) = 0;
  /// Bytes that came through the pipe behind descriptor 1 or 2.
  virtual void on_pipe(log_source source, std::string_view text) = 0;
  /// Words are lost on the way between us, which no protocol survives: the process is killed, and `on_death` follows.
  virtual void on_broken(const std::string& problem) = 0;
  /// The process is dead, everything it had said was told, and what was left of its group was ended. The last call.
  virtual void on_death(const std::string& cause) = 0;

protected:
  ~process_listener() = default;
};

/// A running worker process: reads its sockets and pipes, writes frames, sees its death by pidfd.
class worker_process final : public worker_channel, public std::enable_shared_from_this<worker_process> {
public:
  worker_process(const net::any_io_executor& where, subprocess child, std::shared_ptr<reaper> children,
                 process_listener& listener);

  /// False, with the reason in `problem`, when the kernel cannot watch it: then the process is ended and reaped, and the
  /// listener hears nothing.
  bool start(std::string& problem);
  /// The listener is called no more; the process is killed if it still lives.
  void detach();

  void send(std::string head, std::string_view body, std::shared_ptr<const void> holder) override;
  void send_control(std::string frame) override;
  void read_pipes() override;
  void reject(const std::string& problem) override;

  /// Kills the whole process group; `on_death` follows.
  void kill();

  pid_t pid() const { return child_.pid; }

private:
  struct outgoing {
    std::string head;
    std::string_view body;
    std::shared_ptr<const void> holder;
    size_t written = 0;
  };

  struct stream {
    net::local::stream_protocol::socket socket;
    frame_reader frames;
    std::deque<outgoing> unsent;
  };

  boost::system::error_code open();
  void read_frames(stream& from);
  void tell_frames(stream& from);
  void watch_pipe(net::posix::stream_descriptor& pipe, log_source source);
  bool read_pipe(net::posix::stream_descriptor& pipe, log_source source);
  void queue(stream& to, outgoing message);
  bool write_now(stream& to, outgoing& message);
  void write_rest(stream& to);
  void break_off(const std::string& problem);
  void on_dead();
  void on_end(const boost::system::error_code& error);
  void finish();
  void close();

  subprocess child_;
  std::shared_ptr<reaper> children_;
  process_listener* listener_;
  stream data_;
  stream control_;
  net::posix::stream_descriptor out_;
  net::posix::stream_descriptor err_;
  net::posix::stream_descriptor death_;
  bool broken_ = false;   // nothing more is written
  uint64_t kills_before_;
  int open_sockets_ = 2;
  bool dead_ = false;
  std::string broken_rule_;   // of the protocol
  std::string cause_;
};

}   // namespace cog

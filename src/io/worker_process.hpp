#pragma once
#include "io/frame.hpp"
#include "io/net.hpp"
#include "io/reaper.hpp"
#include "io/subprocess.hpp"
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace cog {

/// Hears what a worker process says. All calls come on the executor the process was given.
class process_listener {
public:
  /// From the data or the control socket.
  virtual void on_frame(const frame& what) = 0;
  /// Bytes that came through the pipe behind descriptor 1 or 2.
  virtual void on_pipe(log_source source, std::string_view text) = 0;
  /// The process is dead, everything it had said was told, and what was left of its group was ended. The last call.
  virtual void on_death(const std::string& cause) = 0;

protected:
  ~process_listener() = default;
};

/// A running worker process: reads its sockets and pipes, writes frames, sees its death by pidfd.
class worker_process : public std::enable_shared_from_this<worker_process> {
public:
  worker_process(const net::any_io_executor& where, subprocess child, std::shared_ptr<reaper> children,
                 process_listener& listener);

  void start();
  /// The listener is called no more; the process is killed if it still lives.
  void detach();

  /// Writes a frame to the data socket, at once if the socket takes it. `body` follows `head` and is kept alive by
  /// `holder`. After the process's death it goes nowhere.
  void send(std::string head, std::string_view body = {}, std::shared_ptr<const void> holder = nullptr);
  void send_control(const std::string& frame);

  /// Tells the listener what is in the pipes now.
  void read_pipes();

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

  void read_frames(net::local::stream_protocol::socket& socket, frame_reader& reader);
  void tell_frames(frame_reader& reader);
  void watch_pipe(net::posix::stream_descriptor& pipe, log_source source);
  bool read_pipe(net::posix::stream_descriptor& pipe, log_source source);
  bool write_now(outgoing& message);
  void write_rest();
  void on_dead();
  void on_end();
  void finish();
  void close();

  subprocess child_;
  std::shared_ptr<reaper> children_;
  process_listener* listener_;
  net::local::stream_protocol::socket data_;
  net::local::stream_protocol::socket control_;
  net::posix::stream_descriptor out_;
  net::posix::stream_descriptor err_;
  net::posix::stream_descriptor death_;
  frame_reader data_frames_;
  frame_reader control_frames_;
  std::deque<outgoing> unsent_;
  bool broken_ = false;   // writing has failed
  uint64_t kills_before_;
  int open_sockets_ = 2;
  bool dead_ = false;
  std::string cause_;
};

}   // namespace cog

#pragma once
#include "cli/engine/interrupts.hpp"
#include "cli/session.hpp"
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cog {

struct published_port {
  std::string host = "127.0.0.1";   // address to listen on
  uint16_t outside = 0;             // 0: a free one
  uint16_t inside = 5000;
};

/// A program to be run in a model's environment.
struct run_plan {
  std::string image;       // of a container; the host needs none
  std::string project{};   // folder that becomes /src; empty: what the image has
  std::vector<std::string> command{};
  std::vector<std::string> environment{};   // NAME=value
  std::vector<published_port> ports{};
  std::string gpus{};          // as the flag has it; empty: none
  bool host_gateway = false;   // host.docker.internal is this machine
  bool server = false;         // stops at SIGINT, and is given time for it
  bool init = false;           // a small process 1 that passes signals on and reaps
  bool interactive = false;    // standard input and output are ours, the terminal included
  int output = -1;             // what it writes goes there; -1: to our own standard output and error
};

/// What `engine::start` has started. Letting go of one that runs ends it.
class running {
public:
  virtual ~running() = default;

  /// Readable when it has ended.
  virtual int descriptor() const = 0;

  virtual bool has_ended() = 0;

  /// Waits for the end; the exit code.
  virtual int wait() = 0;

  /// Asks it to stop, makes it stop after `grace`, and returns when it has ended and nothing is left of it. A further
  /// signal makes it stop at once.
  virtual void stop(std::chrono::seconds grace, const interrupts& signals) = 0;

  /// The address of the first published port, `http://127.0.0.1:32768`; empty while there is none.
  virtual std::string url() = 0;

  /// Has the end come because GPUs were asked for and no driver is there?
  virtual bool lacks_gpu_driver() { return false; }
};

/// Where models run.
class engine {
public:
  virtual ~engine() = default;

  /// Does it run images? Else it runs a project's source in an environment made for it.
  virtual bool has_images() const = 0;

  /// Throws command_error when nothing can be started.
  virtual std::unique_ptr<running> start(const run_plan& plan) = 0;
};

}   // namespace cog

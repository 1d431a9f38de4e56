#include "cli/engine/host.hpp"
#include "cli/engine/process.hpp"
#include "cli/engine/venv.hpp"
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace cog {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// A port of the loopback that is free now.
uint16_t free_port() {
  unique_fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket.get(), generic, length) != 0 || getsockname(socket.get(), generic, &length) != 0)
    throw command_error{std::string{"no free port: "} + std::strerror(errno)};
  return ntohs(address.sin_port);
}

class host_process : public running {
public:
  host_process(const process_plan& plan, bool server, uint16_t port) : process_{plan}, server_{server}, port_{port} {
    // nop
  }

  int descriptor() const override { return process_.descriptor(); }
  bool has_ended() override { return process_.has_ended(); }
  int wait() override { return process_.wait(); }

  void stop(seconds grace, const interrupts& signals) override {
    process_.signal(server_ ? SIGINT : SIGTERM);
    auto deadline = steady_clock::now() + grace;
    for (auto now = steady_clock::now(); !process_.has_ended() && now < deadline; now = steady_clock::now()) {
      std::array<pollfd, 2> watched{pollfd{process_.descriptor(), POLLIN, 0}, pollfd{signals.descriptor(), POLLIN, 0}};
      auto left = std::chrono::duration_cast<milliseconds>(deadline - now).count();
      poll(watched.data(), watched.size(), static_cast<int>(left) + 1);
      if (signals.take())
        break;
    }
    if (!process_.has_ended())
      process_.signal(SIGKILL);
    process_.wait();
  }

  std::string url() override { return port_ == 0 ? std::string{} : "http://127.0.0.1:" + std::to_string(port_); }

private:
  process process_;
  bool server_;
  uint16_t port_;
};

}   // namespace

host_engine::host_engine(const project_config& config, const installation& tool, const console& messages)
  : config_{config}, tool_{tool}, venv_{make_venv(config, tool, messages)} {
  // nop
}

std::unique_ptr<running> host_engine::start(const run_plan& plan) {
  auto port = plan.ports;
  for (auto& published : port)
    if (published.outside == 0)
      published.outside = free_port();
  process_plan started{plan.command, variables(plan), config_.folder};
  if (auto program = venv_ + "/bin/" + plan.command.front(); access(program.c_str(), X_OK) == 0)
    started.command.front() = program;
  if (plan.server && !port.empty()) {
    started.command.insert(started.command.end(),
                           {"--host", port.front().host, "--port", std::to_string(port.front().outside)});
    started.death_signal = SIGINT;
  }
  started.in = plan.interactive ? STDIN_FILENO : -1;
  started.out = plan.output >= 0 ? plan.output : STDOUT_FILENO;
  started.err = plan.output >= 0 ? plan.output : STDERR_FILENO;
  started.own_group = !plan.interactive;
  return std::make_unique<host_process>(started, plan.server, port.empty() ? uint16_t{0} : port.front().outside);
}

std::vector<std::string> host_engine::variables(const run_plan& plan) const {
  auto* path = std::getenv("PATH");
  std::vector<std::string> all{
    "VIRTUAL_ENV=" + venv_,   "PATH=" + venv_ + "/bin" + (path ? ":" + std::string{path} : ""),
    "COG_PYTHON=" + python(), "COG_COGLET=" + tool_.coglet,
    "PYTHONUNBUFFERED=1",
  };
  if (!config_.run.empty())
    all.push_back("COG_PREDICT_TYPE_STUB=" + config_.run);
  if (!config_.train.empty())
    all.push_back("COG_TRAIN_TYPE_STUB=" + config_.train);
  if (config_.max_concurrency)
    all.push_back("COG_MAX_CONCURRENCY=" + std::to_string(*config_.max_concurrency));
  // The launcher of the installed tool takes it out of the environment.
  if (auto* preload = std::getenv("COG_LD_PRELOAD"))
    all.push_back(std::string{"LD_PRELOAD="} + preload);
  for (auto& [name, value] : config_.environment)
    all.emplace_back(name).append("=").append(value);
  all.insert(all.end(), plan.environment.begin(), plan.environment.end());
  return all;
}

}   // namespace cog

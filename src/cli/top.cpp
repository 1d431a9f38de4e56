#include "cli/commands.hpp"
#include "cli/engine/interrupts.hpp"
#include "cli/model/client.hpp"
#include "cli/top/status_screen.hpp"
#include "cli/top/terminal_keys.hpp"
#include <array>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr std::chrono::milliseconds limit{5000};   // of one answer
constexpr int pause_ms = 1000;                     // between two

struct top_flags {
  std::string url = "http://localhost:8393";
  bool once = false;
  bool json = false;
};

/// `localhost:5000` is enough.
std::string complete_url(std::string url) {
  if (url.find("://") == url.npos)
    url.insert(0, "http://");
  while (url.ends_with('/'))
    url.pop_back();
  return url;
}

class viewer {
public:
  viewer(std::string url, const session& common) : common_{common}, client_{std::move(url), {signals_.descriptor()}} {
    // nop
  }

  void show_once(bool json) {
    auto body = fetch();
    if (json) {
      std::cout << body << '\n';
      return;
    }
    for (auto& line : lines_of(body, {}))
      std::cout << line << '\n';
  }

  /// Until `q`, Ctrl+C or the end of the terminal.
  void watch() {
    terminal_keys keys;
    std::cout << "\x1b[?1049h";   // a screen of its own
    struct end_of_screen {
      ~end_of_screen() { std::cout << "\x1b[?1049l" << std::flush; }
    } restore;
    do
      draw(fetch());
    while (wait());
  }

private:
  std::string fetch() {
    auto answer = client_.ask({.path = "/status", .accept = "application/json", .limit = limit});
    if (answer.woken)
      throw silent_exit{130};
    if (answer.status == 0)
      throw command_error{"no server answers at " + client_.url() + ": " + answer.problem};
    if (answer.status != 200)
      throw command_error{fmt::format("{} answers {} to GET /status; it may be another server, or an older one",
                                      client_.url(), answer.status)};
    return std::move(answer.body);
  }

  std::vector<std::string> lines_of(const std::string& body, const screen_style& style) const {
    json_error problem;
    auto status = parse_json(std::string_view{body}, problem);
    if (!status || !status->is(json_kind::object))
      throw command_error{client_.url() + "/status is not the JSON of a cog-cpp server"};
    return draw_status(*status, client_.url(), style);
  }

  void draw(const std::string& body) const {
    winsize size{};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    auto lines = lines_of(body, {.columns = size.ws_col, .color = common_.messages.color, .failures = failures_});
    if (size.ws_row > 1 && lines.size() > size.ws_row - 1U)
      lines.resize(size.ws_row - 1U);
    std::string out = "\x1b[H";
    for (auto& line : lines)
      out += line + "\x1b[K\n";
    std::cout << out << "q quits, f shows failures\x1b[J" << std::flush;
  }

  /// False: enough.
  bool wait() {
    std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}}};
    if (poll(watched.data(), watched.size(), pause_ms) <= 0)
      return true;
    if (signals_.take() != 0)
      throw silent_exit{130};
    auto key = terminal_keys::take();
    if (key == 'f')
      failures_ = !failures_;
    return key != 'q' && key != -1 && (key != 0 || (watched[0].revents & POLLHUP) == 0);
  }

  const session& common_;
  interrupts signals_;
  model_client client_;
  bool failures_ = false;
};

}   // namespace

void add_top(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("top", "Watch a server: workers, queue, rates, failures");
  auto flags = std::make_shared<top_flags>();
  command->add_option("url", flags->url, "The server's address")->capture_default_str();
  command->add_flag("--once", flags->once, "Print the state once; so it is where there is no terminal");
  command->add_flag("--json", flags->json, "Print GET /status as it is, once");
  command->callback([flags, &common] {
    viewer view{complete_url(flags->url), common};
    if (flags->once || flags->json || isatty(STDOUT_FILENO) == 0 || isatty(STDIN_FILENO) == 0)
      view.show_once(flags->json);
    else
      view.watch();
  });
}

}   // namespace cog

#include "cli/playground/open_browser.hpp"
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace cog::playground {

namespace {

bool is_set(const char* name) {
  auto* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

/// What opens a URL as the desktop does; null: there is no display.
const char* opener() {
  if (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
    return "xdg-open";
  return is_set("WSL_DISTRO_NAME") ? "wslview" : nullptr;
}

}   // namespace

bool open_browser(const std::string& url) {
  auto* program = opener();
  if (program == nullptr)
    return false;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (auto number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, number, "/dev/null", O_RDWR, 0);
  // A session of its own: Ctrl+C ends us, not the browser.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  std::string name = program, argument = url;
  std::array<char*, 3> command{name.data(), argument.data(), nullptr};
  pid_t ignored = 0;
  bool started = posix_spawnp(&ignored, program, &files, &attributes, command.data(), environ) == 0;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return started;
}

}   // namespace cog::playground

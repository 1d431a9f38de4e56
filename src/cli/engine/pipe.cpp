#include "cli/engine/pipe.hpp"
#include "cli/console.hpp"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace cog {

std::array<unique_fd, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw command_error{std::string{"cannot make a pipe: "} + std::strerror(errno)};
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    auto count = write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR)
      return;
    text.remove_prefix(count > 0 ? static_cast<size_t>(count) : 0);
  }
}

/// A terminal ends with EIO.
void read_to_end(int descriptor, const std::function<void(std::string_view)>& take) {
  std::array<char, 65536> bytes;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    auto count = read(descriptor, bytes.data(), bytes.size());
    if (count > 0)
      take({bytes.data(), static_cast<size_t>(count)});
    else if (count == 0 || errno != EINTR)
      return;
  }
}

}   // namespace cog

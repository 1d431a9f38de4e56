#include "cli/model/input_file.hpp"
#include "cli/console.hpp"
#include "cli/model/media_type.hpp"
#include "io/base64.hpp"
#include "io/text.hpp"
#include "io/unique_fd.hpp"
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>

namespace cog {

namespace {

std::string read_all(int fd, const std::string& what) {
  std::string content;
  std::array<char, 65536> bytes;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    auto count = read(fd, bytes.data(), bytes.size());
    if (count == 0)
      return content;
    if (count > 0)
      content.append(bytes.data(), static_cast<size_t>(count));
    else if (errno != EINTR)
      throw command_error{"read " + what + ": " + std::strerror(errno)};
  }
}

}   // namespace

std::string read_input_file(const std::string& path) {
  if (path == "-")
    return read_all(STDIN_FILENO, "standard input");
  unique_fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    throw command_error{"open " + path + ": " + std::strerror(errno)};
  return read_all(file.get(), path);
}

std::string input_file_url(const std::string& value, bool expand) {
  auto path = value.substr(1);
  if (expand)
    path = expand_home(path);
  auto content = read_input_file(path);
  auto url = "data:" + media_type_of(path);
  if (path != "-")
    url += ";name=" + percent_encoded(path.substr(path.rfind('/') + 1));
  url += ";base64,";
  append_base64(url, content);
  return url;
}

std::string expand_home(const std::string& path) {
  auto* home = std::getenv("HOME");
  bool in_home = path == "~" || path.starts_with("~/");
  return in_home && home ? home + path.substr(1) : path;
}

}   // namespace cog

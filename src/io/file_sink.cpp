#include "io/file_sink.hpp"
#include "io/text.hpp"
#include <cerrno>
#include <fcntl.h>

namespace cog {

bool file_sink::open(const std::string& path) {
  path_ = path;
  fd_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  return fd_ ? true : fail();
}

bool file_sink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    auto written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written > 0)
      bytes.remove_prefix(static_cast<size_t>(written));
    else if (errno != EINTR)
      return fail();
  }
  return true;
}

bool file_sink::fail() {
  error_ = errno;
  problem_ = errno_text(error_, path_);
  return false;
}

}   // namespace cog

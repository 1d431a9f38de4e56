#include "server/termination_message.hpp"
#include "io/unique_fd.hpp"
#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace cog {

void leave_termination_message(const std::string& path, const std::string& text) {
  constexpr size_t most = 4096;
  if (path.empty())
    return;
  unique_fd file{::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
  if (file) [[maybe_unused]]
    auto written = ::write(file.get(), text.data(), std::min(text.size(), most));
}

}   // namespace cog

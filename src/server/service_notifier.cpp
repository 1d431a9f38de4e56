#include "server/service_notifier.hpp"
#include "io/unique_fd.hpp"
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <sys/socket.h>
#include <sys/un.h>

namespace cog {

service_notifier::service_notifier() {
  if (auto* path = std::getenv("NOTIFY_SOCKET"))
    socket_ = path;
  unsetenv("NOTIFY_SOCKET");
}

void service_notifier::ready() const {
  send("READY=1\nSTATUS=The model is ready");
}

void service_notifier::status(std::string_view text) const {
  auto line = "STATUS=" + std::string{text};
  std::replace(line.begin(), line.end(), '\n', ' ');
  send(line);
}

void service_notifier::stopping() const {
  send("STOPPING=1\nSTATUS=Stopping");
}

void service_notifier::send(std::string_view text) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path)
    return;
  address.sun_family = AF_UNIX;
  std::copy(socket_.begin(), socket_.end(), std::begin(address.sun_path));
  if (socket_.front() == '@')   // an abstract address
    address.sun_path[0] = '\0';
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  unique_fd sender{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (sender) [[maybe_unused]]
    auto sent = ::sendto(sender.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                         reinterpret_cast<sockaddr*>(&address), length);
}

}   // namespace cog

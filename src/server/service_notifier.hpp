#pragma once
#include <string>
#include <string_view>

namespace cog {

/// Tells systemd how the server is (`Type=notify`), where it has asked for that by NOTIFY_SOCKET; else nobody.
class service_notifier {
public:
  /// Takes NOTIFY_SOCKET out of the environment, so that no worker speaks in the server's name. To be made before there
  /// are threads.
  service_notifier();

  void ready() const;                         // set up: whoever waits for the service may go on
  void status(std::string_view text) const;   // a line for people
  void stopping() const;

private:
  /// Whether it arrives does not matter to the server.
  void send(std::string_view text) const;

  std::string socket_;   // empty: nobody listens
};

}   // namespace cog

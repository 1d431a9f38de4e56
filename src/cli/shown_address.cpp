#include "cli/shown_address.hpp"

namespace cog {

namespace {

std::string bracketed(const std::string& host) {
  return host.find(':') == host.npos ? host : "[" + host + "]";
}

}   // namespace

std::string shown_url(const std::string& host, uint16_t port) {
  auto number = ":" + std::to_string(port);
  if (host == "127.0.0.1" || host == "::1")
    return "http://localhost" + number;
  if (host == "0.0.0.0")
    return "http://0.0.0.0" + number + " (http://localhost" + number + ")";
  return "http://" + bracketed(host) + number;
}

std::string own_url(const std::string& host, uint16_t port) {
  auto name = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
  return "http://" + bracketed(name) + ":" + std::to_string(port);
}

std::string plain_host(const std::string& host) {
  if (host == "localhost")
    return "127.0.0.1";
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

}   // namespace cog

#include "http/host.hpp"
#include "io/net.hpp"
#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>

namespace cog {

namespace {

struct host_parts {
  std::string_view name;
  std::string_view port;   // without its colon
};

/// The colon before a port is the last one behind the bracket of an address.
host_parts split(std::string_view host) {
  auto from = host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0;
  auto colon = host.find(':', from);
  if (colon == host.npos)
    return {host, {}};
  return {host.substr(0, colon), host.substr(colon + 1)};
}

bool equal(std::string_view left, std::string_view right) {
  return boost::beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

bool is_alphanumeric(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

bool is_hex(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}

bool is_name(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (is_alphanumeric(text[at]) || std::string_view{"-._~!$&'()*+;="}.find(text[at]) != std::string_view::npos)
      continue;
    if (text[at] != '%' || at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2]))
      return false;
    at += 2;
  }
  return !text.empty();
}

bool is_bracketed_address(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('[') || !text.ends_with(']'))
    return false;
  auto address = text.substr(1, text.size() - 2);
  boost::system::error_code error;
  net::ip::make_address_v6(std::string{address}, error);
  return !error && address.find('%') == address.npos;
}

bool is_address(std::string_view name) {
  boost::system::error_code error;
  net::ip::make_address_v4(std::string{name}, error);
  return !error || is_bracketed_address(name);
}

/// `host:` is a host with an empty port.
bool is_port(std::string_view text) {
  uint16_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || (error == std::errc{} && end == text.data() + text.size());
}

}   // namespace

std::optional<request_target> read_target(std::string_view method, std::string_view target) {
  if (target.find('#') != target.npos)
    return {};
  if (method == "CONNECT")
    return is_host(target) && target.find(':') != target.npos ? std::optional{request_target{target, target}}
                                                              : std::nullopt;
  if (target.starts_with('/'))
    return request_target{{}, target};
  if (target == "*")
    return method == "OPTIONS" ? std::optional{request_target{{}, target}} : std::nullopt;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!equal(target.substr(0, scheme.size()), scheme))
      continue;
    auto authority = target.substr(scheme.size());
    authority = authority.substr(0, authority.find_first_of("/?"));
    auto path = target.substr(scheme.size() + authority.size());
    if (!is_host(authority))
      return {};
    return request_target{authority, path.empty() ? "/" : path};
  }
  return {};
}

bool is_host(std::string_view text) {
  auto [name, port] = split(text);
  return is_port(port) && (name.starts_with('[') ? is_bracketed_address(name) : is_name(name));
}

bool is_cross_site(std::string_view sec_fetch_site, std::string_view origin, std::string_view host) {
  if (!sec_fetch_site.empty())
    return equal(sec_fetch_site, "cross-site");
  if (origin.empty())
    return false;
  auto scheme = origin.find("://");
  if (scheme == origin.npos)
    return true;
  auto usual_port = equal(origin.substr(0, scheme), "https") ? "443" : "80";
  auto from = split(origin.substr(scheme + 3));
  auto to = split(host);
  return !equal(from.name, to.name) ||
    (from.port.empty() ? usual_port : from.port) != (to.port.empty() ? usual_port : to.port);
}

bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed) {
  auto name = split(host).name;
  return std::any_of(allowed.begin(), allowed.end(), [&](auto& one) { return equal(one, name); }) || is_address(name);
}

}   // namespace cog

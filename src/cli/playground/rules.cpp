#include "cli/playground/rules.hpp"
#include "http/host.hpp"
#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>

namespace cog::playground {

namespace {

constexpr size_t longest_target = 2048;
constexpr size_t longest_token = 128;

bool equal(std::string_view left, std::string_view right) {
  return boost::beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equal(text.substr(0, start.size()), start);
}

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](auto one) { return equal(one, name); });
}

/// Of one connection, not of a message; `expect` is answered here.
constexpr std::array<std::string_view, 11> of_a_connection{
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "expect",
};

constexpr std::array<std::string_view, 5> of_our_page{"host", "cookie", "origin", "referer", "x-cog-target"};

constexpr std::array<std::string_view, 14> of_another_site{
  "set-cookie",
  "set-cookie2",
  "location",
  "refresh",
  "www-authenticate",
  "cache-control",
  "clear-site-data",
  "strict-transport-security",
  "alt-svc",
  "link",
  "nel",
  "report-to",
  "reporting-endpoints",
  "service-worker-allowed",
};

std::string_view name_of(std::string_view host) {
  auto bracket = host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0;
  return host.substr(0, host.find(':', bracket));
}

}   // namespace

target parse_target(std::string_view text) {
  if (text.empty())
    return {{}, "no target is named: the address of a model's server is needed, such as http://localhost:8393"};
  if (text.size() > longest_target)
    return {{}, "the target is too long for an address"};
  auto wrong = [&](std::string_view what) {
    return target{{}, "the target " + std::string{text} + " " + std::string{what}};
  };
  if (std::any_of(text.begin(), text.end(), [](unsigned char letter) { return letter <= ' ' || letter >= 127; }))
    return {{}, "the target has a character in it that no address has"};
  if (!begins_with(text, "http://") && !begins_with(text, "https://"))
    return wrong("is no address of a server: it must begin with http:// or https://");
  auto host = host_of(text);
  if (host.find('@') != host.npos)
    return {{}, "the target has a user name in it: leave it out, and give the page the key when it asks"};
  if (!is_host(host))
    return wrong("is no address of a server: it must name a host, such as http://localhost:8393");
  if (text.find_first_of("?#") != text.npos)
    return wrong("must end before its ? or #");
  while (text.ends_with('/'))
    text.remove_suffix(1);
  return {std::string{text}, {}};
}

std::string_view host_of(std::string_view url) {
  auto scheme = url.find("://");
  if (scheme == url.npos)
    return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

bool is_loopback(const net::ip::address& peer) {
  if (peer.is_v6() && peer.to_v6().is_v4_mapped())
    return net::ip::make_address_v4(net::ip::v4_mapped, peer.to_v6()).is_loopback();
  return peer.is_loopback();
}

bool is_loopback_host(std::string_view host) {
  auto name = name_of(host);
  if (equal(name, "localhost"))
    return true;
  if (name.starts_with('[') && name.ends_with(']'))
    name = name.substr(1, name.size() - 2);
  boost::system::error_code error;
  auto address = net::ip::make_address(std::string{name}, error);
  return !error && is_loopback(address);
}

std::string_view refusal_of(const visitor& who) {
  if (!is_loopback(who.peer))
    return "the playground is for this machine alone; webhooks may come from others";
  if (!is_loopback_host(who.host))
    return "the playground is found at localhost and at loopback addresses alone";
  if (who.navigates)
    return {};
  constexpr std::string_view foreign = "a page of another site may not use the playground";
  if (!who.fetch_site.empty() && !equal(who.fetch_site, "same-origin") && !equal(who.fetch_site, "none"))
    return foreign;
  if (!who.origin.empty() && !equal(who.origin, "http://" + std::string{who.host}))
    return foreign;
  return {};
}

bool passes_to_target(std::string_view name, std::string_view value) {
  if (equal(name, "authorization"))
    return begins_with(value, "bearer ");
  return !is_one_of(of_a_connection, name) && !is_one_of(of_our_page, name) && !begins_with(name, "sec-") &&
    !begins_with(name, "access-control-");
}

bool passes_to_page(std::string_view name) {
  return !is_one_of(of_a_connection, name) && !is_one_of(of_another_site, name) &&
    !begins_with(name, "access-control-");
}

bool is_token(std::string_view text) {
  auto plain = [](unsigned char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
      letter == '-' || letter == '_';
  };
  return !text.empty() && text.size() <= longest_token && std::all_of(text.begin(), text.end(), plain);
}

std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto end = query.find('&');
    auto item = query.substr(0, end);
    if (item.size() > name.size() && item.starts_with(name) && item[name.size()] == '=')
      return item.substr(name.size() + 1);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
  }
  return {};
}

}   // namespace cog::playground

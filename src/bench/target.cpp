#include "bench/target.hpp"
#include "cli/console.hpp"

namespace cog::bench {

namespace {

using net::ip::tcp;

struct url_parts {
  std::string host, port, path;
};

url_parts split(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme))
    throw command_error{url + ": only http:// can be measured"};
  auto rest = url.substr(scheme.size());
  auto end = rest.find_first_of("/?#");
  url_parts parts;
  parts.path = end == rest.npos ? "" : rest.substr(end);
  rest.resize(std::min(end, rest.size()));
  if (parts.path.find_first_of("?#") != std::string::npos || rest.find('@') != rest.npos)
    throw command_error{url + ": give scheme, host, port and path alone"};
  while (parts.path.ends_with('/'))
    parts.path.pop_back();
  auto colon = rest.ends_with(']') ? rest.npos : rest.rfind(':');
  parts.port = colon == rest.npos ? "80" : rest.substr(colon + 1);
  parts.host = rest.substr(0, colon);
  if (parts.host.empty() || parts.port.empty() || parts.port.find_first_not_of("0123456789") != std::string::npos)
    throw command_error{url + ": the URL names no host and port"};
  return parts;
}

/// Null when nobody listens on any of them.
const tcp::endpoint* listening(const std::vector<tcp::endpoint>& all, net::io_context& io) {
  for (auto& address : all) {
    tcp::socket socket{io};
    boost::system::error_code ec;
    socket.connect(address, ec);
    if (!ec)
      return &address;
  }
  return nullptr;
}

}   // namespace

bool is_url(const std::string& text) {
  return text.find("://") != text.npos;
}

target find_target(const std::string& url) {
  auto parts = split(url);
  auto name = parts.host.starts_with('[') ? parts.host.substr(1, parts.host.size() - 2) : parts.host;
  net::io_context io{1};
  boost::system::error_code ec;
  auto found = tcp::resolver{io}.resolve(name, parts.port, ec);
  if (ec || found.empty())
    throw command_error{url + ": " + (ec ? ec.message() : "no address") + "; is the host name right?"};
  std::vector<tcp::endpoint> all;
  target where;
  for (auto& entry : found) {
    all.push_back(entry.endpoint());
    where.remote |= !entry.endpoint().address().is_loopback();
  }
  auto* answering = where.remote ? nullptr : listening(all, io);
  where.address = answering ? *answering : all.front();
  where.host = parts.host + (parts.port == "80" ? "" : ":" + parts.port);
  where.path = parts.path;
  return where;
}

void refuse_remote(const target& where) {
  if (where.remote)
    throw command_error{where.host + " (" + where.address.address().to_string() +
                        ") is not this machine: a load test of somebody else's server is an attack. Add "
                        "--allow-remote if it is yours to load"};
}

}   // namespace cog::bench

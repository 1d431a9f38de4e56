#include "web/shown_url.hpp"
#include <algorithm>

namespace cog {

namespace {

/// Where the host begins and ends. A password may hold the signs that end a host, if nobody has encoded them: what stands
/// before the last `@` of all is left out then, too, unless there was a host before it.
struct host_place {
  size_t begin = 0;
  size_t end = 0;
};

host_place find_host(std::string_view url) {
  auto scheme = url.find("://");
  auto begin = scheme == url.npos ? 0 : scheme + 3;
  auto end = std::min(url.find_first_of("/\\?#", begin), url.size());
  auto user_end = url.substr(0, end).rfind('@');
  if (user_end != url.npos && user_end >= begin)
    return {user_end + 1, end};
  auto colon = url.substr(0, end).find(':', begin);
  bool has_port =
    colon == url.npos || url.substr(colon + 1, end - colon - 1).find_first_not_of("0123456789") == url.npos;
  if (auto late = url.rfind('@'); !has_port && url[begin] != '[' && late != url.npos && late > end)
    return {late + 1, std::min(url.find_first_of("/\\?#", late), url.size())};
  return {begin, end};
}

}   // namespace

std::string shown_url(std::string_view url) {
  auto host = find_host(url);
  auto scheme = url.find("://");
  std::string shown{url.substr(0, scheme == url.npos ? 0 : scheme + 3)};
  auto rest = url.substr(host.begin);
  return shown.append(rest.substr(0, rest.find_first_of("?#")));
}

std::string host_of(std::string_view url) {
  auto place = find_host(url);
  auto host = url.substr(place.begin, place.end - place.begin);
  auto port = host.rfind(':');
  if (port != host.npos && host.find(']', port) == host.npos)
    host = host.substr(0, port);
  return std::string{host};
}

}   // namespace cog

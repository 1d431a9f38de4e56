#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// A request target taken apart. Views of the text it was read from.
struct request_target {
  std::string_view authority;   // of `http://authority/path`; else empty
  std::string_view path;        // with its query
};

/// Nothing when a request of this method may have no such target.
std::optional<request_target> read_target(std::string_view method, std::string_view target);

/// Whether the text may be a Host field: `name`, `name:port`, `[address]:port`. A name has no comma, though URLs allow it:
/// two fields that were joined must not pass for one.
bool is_host(std::string_view text);

/// Whether a browser says that a page of another site made the request: `Sec-Fetch-Site`, and from one that does not
/// send it an `Origin` that names another host or port than `Host`. Programs send neither.
bool is_cross_site(std::string_view sec_fetch_site, std::string_view origin, std::string_view host);

/// Whether the name of the host is one of `allowed`, or an address, which no foreign name can be made to stand for.
bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed);

}   // namespace cog

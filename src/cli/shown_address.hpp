#pragma once
#include <cstdint>
#include <string>

namespace cog {

/// Where a browser finds what listens on the address.
std::string shown_url(const std::string& host, uint16_t port);

/// Where we ourselves find it.
std::string own_url(const std::string& host, uint16_t port);

/// `localhost` as an address, and one in brackets without them.
std::string plain_host(const std::string& host);

}   // namespace cog

#pragma once
#include <string>
#include <sys/socket.h>

namespace cog {

/// The address as text if the rule of COG_FORBID_PRIVATE_URLS refuses it, else empty. Refused is all that is not the
/// public internet: private, loopback, link-local, unique-local, carrier-grade NAT, multicast, reserved, the metadata
/// services of clouds, and IPv6 forms in which such an IPv4 address is hidden.
std::string refused_address(const sockaddr& address);

}   // namespace cog

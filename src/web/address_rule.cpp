#include "web/address_rule.hpp"
#include "io/net.hpp"
#include <algorithm>
#include <array>
#include <cstring>
#include <netinet/in.h>

namespace cog {

namespace {

struct block_v4 {
  uint32_t network;
  unsigned bits;
};

/// What IANA lists as not globally reachable, and one public address of Azure that leads to its metadata.
constexpr auto refused_v4 = std::to_array<block_v4>({
  {0x00000000, 8},    // this network
  {0x0a000000, 8},    // private
  {0x64400000, 10},   // carrier-grade NAT; Alibaba's metadata
  {0x7f000000, 8},    // loopback
  {0xa83f8110, 32},   // 168.63.129.16: Azure's wire server
  {0xa9fe0000, 16},   // link-local; metadata of most clouds
  {0xac100000, 12},   // private
  {0xc0000000, 24},   // IETF protocols; Oracle's metadata
  {0xc0000200, 24},   // documentation
  {0xc0586300, 24},   // 6to4 relays
  {0xc0a80000, 16},   // private
  {0xc6120000, 15},   // benchmarks
  {0xc6336400, 24},   // documentation
  {0xcb007100, 24},   // documentation
  {0xe0000000, 4},    // multicast
  {0xf0000000, 4},    // reserved, broadcast
});

using bytes_v6 = net::ip::address_v6::bytes_type;

struct block_v6 {
  std::array<unsigned char, 12> network;
  unsigned bits;
};

/// Forms that hold an IPv4 address: what is in them decides.
struct form_v6 {
  block_v6 block;
  size_t offset;   // of the IPv4 address, bytes
};
constexpr auto forms_v6 = std::to_array<form_v6>({
  {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, 12},      // v4-mapped
  {{{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 96}, 12},   // NAT64
  {{{0x20, 0x02}, 16}, 2},                                     // 6to4
});

/// Within 2000::/3, outside of which nothing is public.
constexpr auto refused_v6 = std::to_array<block_v6>({
  {{0x20, 0x01, 0x00}, 23},         // IETF protocols, Teredo
  {{0x20, 0x01, 0x0d, 0xb8}, 32},   // documentation
  {{0x3f, 0xff, 0x00}, 20},         // documentation
});
constexpr block_v6 public_v6{{0x20}, 3};

bool is_in(uint32_t address, const block_v4& block) {
  return ((address ^ block.network) >> (32 - block.bits)) == 0;
}

bool is_in(const bytes_v6& address, const block_v6& block) {
  auto whole = block.bits / 8, rest = block.bits % 8;
  return std::equal(address.begin(), address.begin() + whole, block.network.begin()) &&
    (rest == 0 || ((address[whole] ^ block.network[whole]) >> (8 - rest)) == 0);
}

bool is_refused(uint32_t address) {
  return std::any_of(refused_v4.begin(), refused_v4.end(), [&](auto& block) { return is_in(address, block); });
}

bool is_refused(const bytes_v6& address) {
  for (auto& [block, offset] : forms_v6)
    if (is_in(address, block)) {
      uint32_t inner = 0;
      std::memcpy(&inner, address.data() + offset, sizeof(inner));
      return is_refused(ntohl(inner));
    }
  return !is_in(address, public_v6) ||
    std::any_of(refused_v6.begin(), refused_v6.end(), [&](auto& block) { return is_in(address, block); });
}

}   // namespace

std::string refused_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    net::ip::address_v4 v4{ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr)};
    return is_refused(v4.to_uint()) ? v4.to_string() : std::string{};
  }
  if (address.sa_family == AF_INET6) {
    bytes_v6 bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, bytes.size());
    return is_refused(bytes) ? net::ip::address_v6{bytes}.to_string() : std::string{};
  }
  return "an address of an unknown family";
}

}   // namespace cog

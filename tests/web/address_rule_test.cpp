#include "web/address_rule.hpp"
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <string>

using namespace cog;

namespace {

/// What the rule says of an address in text form.
std::string refused(const std::string& text) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    return refused_address(reinterpret_cast<const sockaddr&>(v4));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  REQUIRE(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1);
  return refused_address(reinterpret_cast<const sockaddr&>(v6));
}

}   // namespace

TEST_CASE("address_rule: what is not the public internet is refused") {
  for (auto* text : {"0.0.0.0",
                     "0.1.2.3",
                     "10.0.0.0",
                     "10.255.255.255",
                     "100.64.0.0",
                     "100.127.255.255",
                     "100.100.100.200",
                     "127.0.0.1",
                     "127.255.255.254",
                     "168.63.129.16",
                     "169.254.0.0",
                     "169.254.169.254",
                     "172.16.0.0",
                     "172.31.255.255",
                     "192.0.0.192",
                     "192.0.2.1",
                     "192.88.99.1",
                     "192.168.0.0",
                     "192.168.255.255",
                     "198.18.0.0",
                     "198.19.255.255",
                     "198.51.100.1",
                     "203.0.113.1",
                     "224.0.0.1",
                     "239.255.255.255",
                     "240.0.0.1",
                     "255.255.255.255",
                     "::",
                     "::1",
                     "::7f00:1",
                     "::ffff:127.0.0.1",
                     "::ffff:10.0.0.1",
                     "::ffff:169.254.169.254",
                     "64:ff9b::7f00:1",
                     "64:ff9b::c0a8:1",
                     "64:ff9b:1::1",
                     "100::1",
                     "2001::1",
                     "2001:db8::1",
                     "2002:7f00:1::",
                     "2002:a00:1::1",
                     "3fff::1",
                     "4000::1",
                     "fc00::1",
                     "fd00:ec2::254",
                     "fe80::1",
                     "febf::1",
                     "fec0::1",
                     "ff02::1"}) {
    CAPTURE(text);
    CHECK_FALSE(refused(text).empty());
  }
}

TEST_CASE("address_rule: what is public passes, at the edges of the refused blocks, too") {
  for (auto* text : {"1.0.0.0",         "1.1.1.1",         "9.255.255.255",  "11.0.0.0",         "100.63.255.255",
                     "100.128.0.0",     "126.255.255.255", "128.0.0.0",      "168.63.129.15",    "168.63.129.17",
                     "169.253.255.255", "169.255.0.0",     "172.15.255.255", "172.32.0.0",       "192.0.1.1",
                     "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",       "203.0.112.1",
                     "203.0.114.1",     "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:200::1",
                     "2002:808:808::1", "2606:4700::1111", "2a00:1450::1",   "3ffe::1"}) {
    CAPTURE(text);
    CHECK(refused(text).empty());
  }
}

TEST_CASE("address_rule: the address is named") {
  CHECK(refused("169.254.169.254") == "169.254.169.254");
  CHECK(refused("::ffff:127.0.0.1") == "::ffff:127.0.0.1");
}

TEST_CASE("address_rule: what is no internet address is refused") {
  sockaddr other{};
  other.sa_family = AF_UNIX;
  CHECK_FALSE(refused_address(other).empty());
}

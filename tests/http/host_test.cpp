#include "http/host.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("host: browsers that tell the site are believed") {
  CHECK(is_cross_site("cross-site", "", "localhost:5000"));
  CHECK(is_cross_site("cross-site", "http://localhost:5000", "localhost:5000"));
  for (auto* site : {"same-origin", "same-site", "none"})
    CHECK_FALSE(is_cross_site(site, "http://elsewhere", "localhost:5000"));
}

TEST_CASE("host: of other browsers the origin is compared with the host") {
  for (auto* origin : {"http://localhost:5000", "http://LOCALHOST:5000", "https://localhost:5000"})
    CHECK_FALSE_MESSAGE(is_cross_site("", origin, "localhost:5000"), origin);
  for (auto* origin : {"http://evil.example", "http://localhost", "http://localhost:5001", "http://localhost:50001",
                       "null", "http://localhost.evil.example:5000", "file://", "x"})
    CHECK_MESSAGE(is_cross_site("", origin, "localhost:5000"), origin);
}

TEST_CASE("host: the usual port of the origin's scheme may be left out") {
  CHECK_FALSE(is_cross_site("", "http://a.example", "a.example"));
  CHECK_FALSE(is_cross_site("", "http://a.example", "a.example:80"));
  CHECK_FALSE(is_cross_site("", "https://a.example", "a.example"));
  CHECK_FALSE(is_cross_site("", "https://a.example:443", "a.example"));
  CHECK(is_cross_site("", "https://a.example", "a.example:80"));
  CHECK_FALSE(is_cross_site("", "http://[::1]:5000", "[::1]:5000"));
  CHECK(is_cross_site("", "http://[::1]:5000", "[::2]:5000"));
}

TEST_CASE("host: programs say nothing of the kind") {
  CHECK_FALSE(is_cross_site("", "", "localhost:5000"));
}

TEST_CASE("host: allowed are the names of the list, and addresses") {
  std::vector<std::string> allowed{"localhost", "a.example"};
  for (auto* host : {"localhost", "LocalHost:5000", "a.example", "127.0.0.1:5000", "10.0.0.7", "[::1]:5000"})
    CHECK_MESSAGE(is_allowed_host(host, allowed), host);
  for (auto* host : {"evil.example", "evil.example:5000", "xlocalhost", "localhost.evil.example", "b.a.example",
                     "127.0.0.1.evil.example", "1.2.3", ""})
    CHECK_FALSE_MESSAGE(is_allowed_host(host, allowed), host);
}

#include "web/shown_url.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("shown_url: what may hold a secret is left out") {
  const std::pair<std::string, std::string> rows[] = {
    {"https://h/a/b.png", "https://h/a/b.png"},
    {"https://h:8443/a?sig=s3cret&x=1#frag", "https://h:8443/a"},
    {"https://user:s3cret@h/a", "https://h/a"},
    {"https://s3cret@h:1/a@b?c@d", "https://h:1/a@b"},
    {"https://user:s3c@ret@h/a", "https://h/a"},
    {"https://user:s3c/ret@h/a", "https://h/a"},
    {"https://user:s3c?ret@h/a", "https://h/a"},
    {"https://h/@scope/x", "https://h/@scope/x"},
    {"https://h:80/@scope/x", "https://h:80/@scope/x"},
    {"https://[::1]:80/x?k", "https://[::1]:80/x"},
    {"https://h#s3cret", "https://h"},
    {"https://?s3cret", "https://"},
    {"user:s3cret@h/a?b", "h/a"},
    {"", ""},
  };
  for (auto& [url, shown] : rows)
    CHECK(shown_url(url) == shown);
}

TEST_CASE("shown_url: the host alone") {
  CHECK(host_of("http://user:pw@internal.example:80/x") == "internal.example");
  CHECK(host_of("http://127.0.0.1/x") == "127.0.0.1");
  CHECK(host_of("http://[::1]:80/x") == "[::1]");
  CHECK(host_of("http://h?x") == "h");
}

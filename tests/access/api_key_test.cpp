#include "access/api_key.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

const std::string good = "a sha256:" + std::string(64, '0');

std::vector<api_key> keys_of(const std::string& text) {
  std::string problem;
  auto keys = read_api_keys(text, problem);
  REQUIRE_MESSAGE(keys, problem);
  return *keys;
}

std::string problem_of(const std::string& text) {
  std::string problem;
  CHECK_FALSE(read_api_keys(text, problem));
  return problem;
}

std::chrono::system_clock::time_point day(int year, unsigned month, unsigned number) {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{number}};
}

}   // namespace

TEST_CASE("api_key: a digest is SHA-256") {
  CHECK(api_key_line("a", "abc", "") == "a sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("api_key: a line without options may predict and read, as much as it likes") {
  auto keys = keys_of(api_key_line("web-shop_2.0", "abc", ""));
  REQUIRE(keys.size() == 1);
  auto& key = keys.front();
  CHECK(key.name == "web-shop_2.0");
  CHECK(key.digest == digest_of("abc"));
  CHECK(key.may(scope_read));
  CHECK(key.may(scope_predict));
  CHECK_FALSE(key.may(scope_admin));
  CHECK(key.rate.count == 0);
  CHECK(key.concurrent == 0);
  CHECK_FALSE(key.expires);
}

TEST_CASE("api_key: options in any order") {
  auto key = keys_of(good + "  expires=2027-02-28 concurrent=4\tburst=10 rate=600/h scope=admin").front();
  CHECK(key.scopes == scope_admin);
  CHECK(key.rate.count == 600);
  CHECK(key.rate.period == std::chrono::hours{1});
  CHECK(key.rate.burst == 10);
  CHECK(key.concurrent == 4);
  CHECK(key.expires == day(2027, 2, 28));
  CHECK(keys_of(good + " rate=7/s").front().rate.burst == 7);
  CHECK(keys_of(good + " scope=predict,read,admin").front().scopes == 7);
}

TEST_CASE("api_key: empty lines and remarks are left out, line ends of any kind taken") {
  auto keys = keys_of("# ours\r\n\n  # more\n" + good + "\r\n" + api_key_line("a", "k", "") + "\n\n");
  CHECK(keys.size() == 2);   // two of one name, while a key is exchanged
}

TEST_CASE("api_key: what is wrong is told with its line, and nothing of it is shown") {
  CHECK(problem_of(good + "\n" + good) == "line 2: another line has the same key");
  CHECK(problem_of("\na cogk_secret") == "line 2: behind the name there must be sha256: and 64 hexadecimal digits");
  CHECK(problem_of("") == "there is no key in it");
  CHECK(problem_of("# nothing\n") == "there is no key in it");
  for (auto* name : {"a:b", "a*", "\xc3\xa4", "a/b"})
    CHECK(problem_of(name + good.substr(1)) == "line 1: the name has letters, digits and . _ - only, 64 at most");
  for (auto* digest : {"a sha256:00", "a sha1:0", "a", "a sha256:"})
    CHECK(problem_of(digest).starts_with("line 1: behind the name"));
  CHECK(problem_of(good + "0").starts_with("line 1: behind the name"));
  CHECK(problem_of(good.substr(0, good.size() - 1) + "g").starts_with("line 1: behind the name"));
  for (auto* option : {"scope=", "scope=all", "scope=read,", "scope=read predict", "rate=60", "rate=0/m", "rate=/m",
                       "rate=60/w", "rate=-1/m", "burst=10", "rate=1/m burst=0", "concurrent=0", "concurrent=many",
                       "expires=soon", "expires=2027-02-30", "expires=2027-2-3", "color=red", "=", "scope"})
    CHECK(problem_of(good + " " + option).starts_with("line 1: "));
}

TEST_CASE("api_key: made keys have 43 letters, all of them random, and are never the same") {
  auto key = make_api_key();
  CHECK(key.size() == 48);
  CHECK(key.starts_with("cogk_"));
  CHECK(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == key.npos);
  CHECK(make_api_key() != key);
}

#include "access/key_ring.hpp"
#include <doctest/doctest.h>

using namespace cog;
using namespace std::chrono_literals;

namespace {

/// With the keys of some lines, in which `K` stands for SHA-256 of the name.
struct ring_fixture {
  static std::vector<api_key> keys_of(const std::vector<std::pair<std::string, std::string>>& lines) {
    std::string text;
    for (auto& [name, options] : lines)
      text += api_key_line(name, "secret of " + name, options) + "\n";
    std::string problem;
    auto keys = read_api_keys(text, problem);
    REQUIRE_MESSAGE(keys, problem);
    return *keys;
  }

  key_verdict ask(const std::string& presented, uint8_t scope = scope_read, bool makes = false) {
    found = ring.admit(presented, scope, makes, today, now);
    return found.verdict;
  }

  key_ring ring{keys_of({{"a", "scope=read"},
                         {"b", "rate=60/m burst=2"},
                         {"old", "expires=2026-12-31"},
                         {"root", "scope=read,predict,admin"}})};
  std::chrono::system_clock::time_point today =
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::month{12} / std::chrono::day{30}};
  key_ring::clock::time_point now{};
  key_ring::admission found;
};

}   // namespace

TEST_CASE_FIXTURE(ring_fixture, "key_ring: a key may what its scopes say, each by itself") {
  CHECK(ask("secret of a") == key_verdict::allowed);
  CHECK(found.key->name == "a");
  CHECK(ask("secret of a", scope_predict) == key_verdict::forbidden);
  CHECK(ask("secret of a", scope_admin) == key_verdict::forbidden);
  CHECK(ask("secret of a", 0) == key_verdict::allowed);
  CHECK(ask("secret of root", scope_admin) == key_verdict::allowed);
  CHECK(ask("") == key_verdict::missing);
  CHECK(ask("secret of c") == key_verdict::unknown);
  CHECK_FALSE(found.key);
}

TEST_CASE_FIXTURE(ring_fixture, "key_ring: a key is good until its day begins") {
  CHECK(ask("secret of old") == key_verdict::allowed);
  CHECK(ring.find("secret of old", today));
  today += 24h;
  CHECK(ask("secret of old") == key_verdict::expired);
  CHECK_FALSE(ring.find("secret of old", today));
  CHECK_FALSE(ring.find("", today));
}

TEST_CASE_FIXTURE(ring_fixture, "key_ring: a rate lets a burst through, then one after the other") {
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::allowed);
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::allowed);
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::limited);
  CHECK(found.retry_after == 1);
  CHECK(ask("secret of b") == key_verdict::allowed);   // what makes nothing is free
  now += 1s;
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::allowed);
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::limited);
  now += 1h;
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::allowed);
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::allowed);
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::limited);
}

TEST_CASE_FIXTURE(ring_fixture, "key_ring: other keys take over at once, and what was used stays used") {
  ask("secret of b", scope_predict, true);
  ask("secret of b", scope_predict, true);
  ring.replace(keys_of({{"b", "rate=60/m burst=2"}, {"c", ""}}));
  CHECK(ask("secret of a") == key_verdict::unknown);
  CHECK(ask("secret of c") == key_verdict::allowed);
  CHECK(ask("secret of b", scope_predict, true) == key_verdict::limited);
}

TEST_CASE_FIXTURE(ring_fixture, "key_ring: what was asked is counted by name, never by key") {
  ask("secret of a");
  ask("secret of a");
  ask("secret of a", scope_admin);
  ask("wrong");
  ask("");
  ring.count_limited("b");
  auto text = ring.metrics();
  for (auto* line : {"{key=\"a\",outcome=\"allowed\"} 2\n", "{key=\"a\",outcome=\"forbidden\"} 1\n",
                     "{key=\"\",outcome=\"unknown\"} 1\n", "{key=\"\",outcome=\"missing\"} 1\n",
                     "{key=\"b\",outcome=\"limited\"} 1\n"})
    CHECK(text.find(line) != text.npos);
  CHECK(text.find("secret") == text.npos);
  CHECK(text.find("wrong") == text.npos);
}

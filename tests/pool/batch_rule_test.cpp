#include "pool/batch_rule.hpp"
#include <doctest/doctest.h>

using namespace cog;
using std::chrono::milliseconds;

namespace {

constexpr batch_rule::clock::time_point start{std::chrono::hours{1}};

/// A rule that knows that a batch takes 20 ms, and that the second item comes after one or the other time.
batch_rule taught(std::chrono::microseconds gap) {
  batch_rule rule{8, milliseconds{5}};
  rule.ended(milliseconds{20});
  for (int i = 0; i < 50; ++i) {
    auto now = start - std::chrono::seconds{50 - i};
    rule.arrived("", now);
    rule.look("", 1, false, now);
    rule.arrived("", now + gap);
    rule.look("", 2, false, now + gap);
    rule.closed();
  }
  return rule;
}

}   // namespace

TEST_CASE("batch rule: a new server does not wait") {
  batch_rule rule{8, milliseconds{5}};
  CHECK(rule.look("", 1, false, start).close == batch_close::gap);
  CHECK(rule.look("", 7, true, start).close == batch_close::gap);
  CHECK(rule.look("", 8, true, start).close == batch_close::full);
}

TEST_CASE("batch rule: while nothing is known of the next item, it is taken to come too late") {
  batch_rule rule{8, milliseconds{5}};
  rule.ended(milliseconds{20});
  CHECK(rule.look("", 1, false, start).close == batch_close::gap);
}

TEST_CASE("batch rule: it waits for an item that comes soon, and looks again in time") {
  auto rule = taught(milliseconds{1});
  auto first = rule.look("", 1, false, start);
  CHECK(!first.close);
  CHECK(first.again == start + milliseconds{5});
  CHECK(rule.held(start + milliseconds{2}) == milliseconds{2});
  CHECK(rule.look("", 1, false, start + milliseconds{5}).close == batch_close::wait);
}

TEST_CASE("batch rule: the longest wait counts from the first item, whatever came since") {
  auto rule = taught(milliseconds{1});
  rule.arrived("", start);
  CHECK(!rule.look("", 1, false, start).close);
  rule.arrived("", start + milliseconds{1});
  auto second = rule.look("", 2, false, start + milliseconds{1});
  CHECK(second.close == batch_close::gap);   // what follows the second is not known to come soon
  rule.closed();
  CHECK(rule.held(start + milliseconds{9}) == batch_rule::seconds::zero());
  CHECK(!rule.look("", 1, false, start + milliseconds{10}).close);
}

TEST_CASE("batch rule: it does not wait for an item that comes late") {
  auto rule = taught(milliseconds{15});
  CHECK(rule.look("", 1, false, start).close == batch_close::gap);
}

TEST_CASE("batch rule: when no worker was idle counts apart from when one was") {
  auto rule = taught(milliseconds{1});
  CHECK(!rule.look("", 1, false, start).close);
  CHECK(rule.look("", 1, true, start).close == batch_close::gap);
}

TEST_CASE("batch rule: what is not known of more items is as with fewer") {
  batch_rule rule{8, milliseconds{50}};
  rule.ended(milliseconds{20});
  for (int i = 0; i < 50; ++i) {
    auto now = start - std::chrono::seconds{50 - i};
    rule.look("", 1, false, now);
    rule.arrived("", now + std::chrono::microseconds{100});
    rule.closed();
  }
  CHECK(!rule.look("", 5, false, start).close);
  CHECK(rule.look("", 5, false, start).again == start + milliseconds{4});   // 20 ms for 5 items
  CHECK(rule.look("", 5, false, start + milliseconds{4}).close == batch_close::gap);
}

TEST_CASE("batch rule: items of another key are none") {
  batch_rule rule{8, milliseconds{5}};
  rule.ended(milliseconds{20});
  for (int i = 0; i < 50; ++i) {
    auto now = start - std::chrono::seconds{50 - i};
    rule.look("a", 1, false, now);
    rule.arrived("b", now + milliseconds{1});
    rule.arrived("b", now + milliseconds{30});
    rule.closed();
  }
  CHECK(rule.look("a", 1, false, start).close == batch_close::gap);
}

TEST_CASE("batch rule: batches of one are always full") {
  batch_rule rule{1, milliseconds{5}};
  rule.ended(milliseconds{20});
  CHECK(rule.look("", 1, false, start).close == batch_close::full);
}

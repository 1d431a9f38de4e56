#include "pool/waiting_queue.hpp"
#include <doctest/doctest.h>
#include <map>
#include <string>

using namespace cog;
using namespace std::chrono_literals;

namespace {

using clock_type = waiting_queue::clock;
using room = waiting_queue::room;

/// A queue whose tickets have names.
struct named_queue {
  explicit named_queue(bool takes_turns = false, uint64_t places = 100)
    : queue{queue_rules{.places = places, .takes_turns = takes_turns}} {
    // nop
  }

  void add(const std::string& name, const waiting_queue::newcomer& who = {}) {
    names[tickets[name] = queue.add(who)] = name;
  }
  void low(const std::string& name, std::string_view key = {}) { add(name, {.low = true, .key = key}); }
  void of(const std::string& key, const std::string& name) { add(name, {.key = key}); }
  void remove(const std::string& name) { queue.remove(tickets.at(name)); }
  uint64_t position(const std::string& name) const { return queue.position(tickets.at(name)); }

  /// The names of the next ones, who begin.
  std::string take(size_t count) {
    std::string taken;
    for (size_t i = 0; i < count && !queue.empty(); ++i) {
      CHECK(queue.position(queue.next()) == 1);
      auto next = queue.next();
      CHECK(queue.take_next() == next);
      taken += names.at(next);
    }
    return taken;
  }

  std::string order() const {
    std::string all;
    for (auto who : queue.in_order())
      all += names.at(who);
    return all;
  }

  waiting_queue queue;
  std::map<std::string, waiting_queue::ticket> tickets;
  std::map<waiting_queue::ticket, std::string> names;
};

}   // namespace

TEST_CASE("queue: nobody waits in an empty one") {
  named_queue test;
  CHECK(test.queue.empty());
  CHECK(test.queue.next() == 0);
  CHECK(test.queue.in_order().empty());
  CHECK(test.queue.first_due() == clock_type::time_point::max());
  CHECK(test.queue.position(7) == 0);
}

TEST_CASE("queue: the first to come is the first to go") {
  named_queue test;
  for (auto* name : {"a", "b", "c"})
    test.add(name);
  CHECK(test.order() == "abc");
  CHECK(test.take(3) == "abc");
  CHECK(test.queue.empty());
}

TEST_CASE("queue: positions count from one, and move up when one before it leaves") {
  named_queue test;
  for (auto* name : {"a", "b", "c", "d"})
    test.add(name);
  CHECK(test.position("a") == 1);
  CHECK(test.position("d") == 4);
  test.remove("b");
  CHECK(test.position("d") == 3);
  test.take(1);
  CHECK(test.position("d") == 2);
  CHECK(test.position("a") == 0);
  CHECK(test.position("c") == 1);
}

TEST_CASE("queue: one that was given back goes before all others") {
  named_queue test;
  test.add("a");
  test.names[test.queue.add_first({})] = "b";
  test.names[test.queue.add_first({})] = "c";
  CHECK(test.take(3) == "cba");
}

TEST_CASE("queue: there is room for so many, those elsewhere included") {
  named_queue test{false, 3};
  CHECK(test.queue.room_for({}) == room::there);
  test.add("a");
  CHECK(test.queue.room_for({}, 1) == room::there);
  CHECK(test.queue.room_for({}, 2) == room::full);
  test.add("b");
  test.add("c");
  CHECK(test.queue.room_for({}) == room::full);
  test.remove("b");
  CHECK(test.queue.room_for({}) == room::there);
}

TEST_CASE("queue: without places there is never room") {
  CHECK(named_queue{false, 0}.queue.room_for({}) == room::full);
}

TEST_CASE("queue: normal ones go first") {
  named_queue test;
  test.low("x");
  test.low("y");
  test.add("a");
  test.add("b");
  CHECK(test.order() == "abxy");
  CHECK(test.position("x") == 3);
  CHECK(test.queue.count(false) == 2);
  CHECK(test.queue.count(true) == 2);
  CHECK(test.take(4) == "abxy");
}

TEST_CASE("queue: while a low one waits every eighth start is low") {
  named_queue test;
  for (auto* name : {"x", "y", "z"})
    test.low(name);
  for (int i = 0; i < 20; ++i)
    test.add("n" + std::to_string(i));
  for (auto& [who, name] : test.names)
    if (name.starts_with('n'))
      name = "n";
  CHECK(test.order() == "nnnnnnnxnnnnnnnynnnnnnz");
  CHECK(test.take(23) == "nnnnnnnxnnnnnnnynnnnnnz");
}

TEST_CASE("queue: starts count towards the share of low only while one waits") {
  named_queue test;
  for (int i = 0; i < 30; ++i)
    test.add("n" + std::to_string(i));
  for (auto& [who, name] : test.names)
    name = "n";
  CHECK(test.take(10) == "nnnnnnnnnn");
  test.low("x");
  CHECK(test.take(8) == "nnnnnnnx");
}

TEST_CASE("queue: low is never starved, whatever comes") {
  named_queue test;
  test.low("x");
  uint64_t starts = 0;
  for (; starts < 100 && test.queue.count(true) > 0; ++starts) {
    for (int i = 0; i < 4; ++i)
      test.queue.add({});
    test.queue.take_next();
  }
  CHECK(starts == 8);
}

TEST_CASE("queue: keys take turns") {
  named_queue test{true};
  for (auto* name : {"a", "b", "c"})
    test.of("1", name);
  test.of("2", "x");
  test.of("2", "y");
  test.of("3", "z");
  CHECK(test.order() == "axzbyc");
  CHECK(test.position("y") == 5);
  CHECK(test.take(6) == "axzbyc");
}

TEST_CASE("queue: a key that comes anew goes behind those whose turn it will be") {
  named_queue test{true};
  for (auto* name : {"a", "b"})
    test.of("1", name);
  test.of("2", "x");
  CHECK(test.take(1) == "a");
  test.of("3", "z");
  CHECK(test.take(3) == "xbz");
}

TEST_CASE("queue: keys do not count unless they take turns") {
  named_queue test;
  test.of("1", "a");
  test.of("1", "b");
  test.of("2", "x");
  CHECK(test.take(3) == "abx");
}

TEST_CASE("queue: turns are taken within each class") {
  named_queue test{true};
  test.low("x", "1");
  test.low("y", "1");
  test.low("z", "2");
  test.of("1", "a");
  test.of("1", "b");
  test.of("2", "c");
  CHECK(test.order() == "acbxzy");
  CHECK(test.take(6) == "acbxzy");
}

TEST_CASE("queue: who leaves gives the turn of his key to the next") {
  named_queue test{true};
  test.of("1", "a");
  test.of("2", "x");
  test.of("2", "y");
  test.remove("a");
  CHECK(test.order() == "xy");
  test.of("1", "b");
  CHECK(test.take(3) == "xby");
}

TEST_CASE("queue: one key alone fills half of it and leaves the other half") {
  named_queue test{true, 64};
  uint64_t waiting = 0;
  while (test.queue.room_for({.key = "greedy"}) == room::there) {
    test.queue.add({.key = "greedy"});
    ++waiting;
  }
  CHECK(waiting == 32);
  CHECK(test.queue.room_for({.key = "greedy"}) == room::full_for_key);
  CHECK(test.queue.room_for({.key = "small"}) == room::there);
}

TEST_CASE("queue: the places of a key are counted over both classes") {
  named_queue test{true, 4};
  test.queue.add({.key = "1"});
  test.queue.add({.low = true, .key = "1"});
  CHECK(test.queue.room_for({.key = "1"}) == room::full_for_key);
  CHECK(test.queue.room_for({.low = true, .key = "1"}) == room::full_for_key);
  CHECK(test.queue.room_for({.key = "2"}) == room::there);
}

TEST_CASE("queue: keys beyond 1024, and those that are too long, share one") {
  named_queue test{true, 100'000};
  for (size_t i = 0; i < waiting_queue::most_keys; ++i)
    test.queue.add({.key = std::to_string(i)});
  test.of("further", "a");
  test.of("other", "b");
  test.of(std::string(257, 'k'), "c");
  test.of(std::string(256, 'k'), "d");
  test.names[test.queue.add({.key = "0"})] = "0";
  for (size_t i = 0; i < waiting_queue::most_keys; ++i)
    test.queue.take_next();
  CHECK(test.take(5) == "a0bcd");
}

TEST_CASE("queue: a newcomer knows how many go before it") {
  named_queue test;
  CHECK(test.queue.before({}) == 0);
  test.add("a");
  test.add("b");
  test.low("x");
  CHECK(test.queue.before({}) == 2);
  test.take(2);
  CHECK(test.queue.before({.low = true}) == 1);
}

TEST_CASE("queue: before a low newcomer go seven normal ones for each low one and itself, as others come") {
  named_queue test;
  test.queue.add({});
  CHECK(test.queue.before({.low = true}) == 7);
  for (int i = 0; i < 100; ++i)
    test.queue.add({});
  CHECK(test.queue.before({.low = true}) == 7);
  test.low("x");
  CHECK(test.queue.before({.low = true}) == 15);
  test.low("y");
  CHECK(test.position("y") == 16);
}

TEST_CASE("queue: where keys take turns, a newcomer of a small key goes before most of a large one") {
  named_queue test{true};
  for (int i = 0; i < 10; ++i)
    test.queue.add({.key = "large"});
  CHECK(test.queue.before({.key = "large"}) == 10);
  CHECK(test.queue.before({.key = "small"}) == 1);
  test.of("small", "a");
  CHECK(test.position("a") == 2);
  CHECK(test.queue.before({.key = "small"}) == 3);
  test.of("small", "b");
  CHECK(test.position("b") == 4);
}

TEST_CASE("queue: those whose time is over are told, the earliest first, and stay until they are removed") {
  named_queue test;
  clock_type::time_point start{1h};
  test.add("a", {.due = start + 3s});
  test.add("b");
  test.add("c", {.due = start + 1s});
  test.add("d", {.due = start + 2s});
  CHECK(test.queue.first_due() == start + 1s);
  CHECK(test.queue.due_by(start).empty());
  auto over = test.queue.due_by(start + 2s);
  CHECK(over == std::vector{test.tickets["c"], test.tickets["d"]});
  CHECK(test.queue.size() == 4);
  for (auto who : over)
    test.queue.remove(who);
  CHECK(test.queue.first_due() == start + 3s);
  CHECK(test.take(2) == "ab");
  CHECK(test.queue.first_due() == clock_type::time_point::max());
}

TEST_CASE("queue: of those that leave at the same moment none is lost") {
  named_queue test;
  clock_type::time_point due{1h};
  for (auto* name : {"a", "b", "c"})
    test.add(name, {.due = due});
  test.remove("b");
  CHECK(test.queue.due_by(due).size() == 2);
}

TEST_CASE("queue: in whatever order they come and leave, position, order and starts agree") {
  named_queue test{true, 1000};
  uint64_t random = 1;
  auto draw = [&random](uint64_t below) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (random >> 33) % below;
  };
  std::vector<waiting_queue::ticket> waiting;
  for (int step = 0; step < 5000; ++step) {
    if (draw(5) < 3 || waiting.empty()) {
      auto key = std::to_string(draw(6));
      waiting_queue::newcomer who{.low = draw(4) == 0, .key = key};
      waiting.push_back(draw(10) == 0 ? test.queue.add_first(who) : test.queue.add(who));
    } else if (draw(3) == 0) {
      auto which = waiting.begin() + static_cast<std::ptrdiff_t>(draw(waiting.size()));
      test.queue.remove(*which);
      waiting.erase(which);
    } else {
      std::erase(waiting, test.queue.take_next());
    }
    REQUIRE(test.queue.size() == waiting.size());
    auto order = test.queue.in_order();
    REQUIRE(order.size() == waiting.size());
    if (order.empty())
      continue;
    auto place = draw(order.size());
    REQUIRE(test.queue.position(order[place]) == place + 1);
    REQUIRE(test.queue.next() == order[0]);
  }
}

#include "io/hangup_watch.hpp"
#include <algorithm>
#include <chrono>
#include <deque>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace cog;
using net::ip::tcp;

namespace {

enum class way : uint8_t { closed, half_closed, reset };

/// Two ends of a connection.
struct connection {
  explicit connection(net::io_context& context) : near{context}, far{context} {
    tcp::acceptor acceptor{context, tcp::endpoint{net::ip::address_v4::loopback(), 0}};
    far.connect(acceptor.local_endpoint());
    near = acceptor.accept();
  }

  /// Bytes that nobody reads.
  void send(size_t count) { net::write(far, net::buffer(std::string(count, 'x'))); }

  void end(way how) {
    if (how == way::half_closed)
      return far.shutdown(tcp::socket::shutdown_send);
    if (how == way::reset)
      far.set_option(tcp::socket::linger{true, 0});
    far.close();
  }

  tcp::socket near, far;
};

struct fixture {
  ~fixture() {
    watch->stop();
    turn();
  }

  void add(connection& which, uint64_t key) {
    watch->watch(which.near.native_handle(), key, [this, key] { told.push_back(key); });
  }

  /// What can be done now; returns how many handlers have run.
  size_t turn() {
    context.restart();
    return context.poll();
  }

  /// The limit is for a test that fails.
  void run_until_told(size_t count) {
    auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    context.restart();
    while (told.size() < count && context.run_one_until(limit) > 0)
      continue;
  }

  net::io_context context;
  std::shared_ptr<hangup_watch> watch = hangup_watch::start(context.get_executor());
  std::vector<uint64_t> told;
};

}   // namespace

TEST_CASE_FIXTURE(fixture, "hangup_watch: an end is seen behind bytes that nobody reads, however it comes") {
  for (auto how : {way::closed, way::half_closed, way::reset})
    for (size_t bytes : {0, 1, 50'000}) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(bytes);
      connection client{context};
      client.send(bytes);
      add(client, 7);
      turn();
      CHECK(told.empty());
      client.end(how);
      run_until_told(1);
      CHECK(told == std::vector<uint64_t>{7});
      told.clear();
    }
}

TEST_CASE_FIXTURE(fixture, "hangup_watch: an end that is there already is told") {
  connection client{context};
  client.send(1);
  client.end(way::half_closed);
  add(client, 1);
  run_until_told(1);
  CHECK(told.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "hangup_watch: neither bytes nor an end that was told make it look again") {
  connection client{context};
  client.send(1000);
  add(client, 1);
  turn();
  CHECK(turn() == 0);
  client.send(1000);
  turn();
  CHECK(turn() == 0);
  CHECK(told.empty());
  client.end(way::closed);
  run_until_told(1);
  turn();
  CHECK(turn() == 0);
  CHECK(told.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "hangup_watch: each is told for itself") {
  std::deque<connection> clients;
  for (uint64_t key = 0; key < 150; ++key)
    add(clients.emplace_back(context), key);
  for (uint64_t key = 0; key < clients.size(); key += 2)
    clients[key].end(way::closed);
  run_until_told(75);
  CHECK(told.size() == 75);
  CHECK(std::all_of(told.begin(), told.end(), [](auto key) { return key % 2 == 0; }));
}

TEST_CASE_FIXTURE(fixture, "hangup_watch: what is forgotten is not told") {
  connection forgotten{context};
  connection other{context};
  add(forgotten, 1);
  add(other, 2);
  watch->forget(forgotten.near.native_handle(), 1);
  forgotten.end(way::closed);
  other.end(way::closed);
  run_until_told(1);
  turn();
  CHECK(told == std::vector<uint64_t>{2});
}

TEST_CASE_FIXTURE(fixture, "hangup_watch: once stopped it tells nothing and holds nobody") {
  connection client{context};
  auto held = std::make_shared<int>();
  std::weak_ptr<int> seen = held;
  watch->watch(client.near.native_handle(), 1, [this, held = std::move(held)] { told.push_back(1); });
  turn();
  CHECK_FALSE(seen.expired());
  watch->stop();
  client.end(way::closed);
  turn();
  CHECK(seen.expired());
  watch->watch(client.near.native_handle(), 2, [this] { told.push_back(2); });
  turn();
  CHECK(told.empty());
  CHECK(turn() == 0);
}

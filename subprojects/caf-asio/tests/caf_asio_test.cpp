#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "caf_asio/asio_scheduler.hpp"
#include "caf_asio/pinned.hpp"
#include <atomic>
#include <caf/all.hpp>
#include <doctest/doctest.h>
#include <fstream>
#include <future>
#include <set>
#include <sstream>
#include <unistd.h>

namespace {

using caf_asio::asio_scheduler;
using counter_actor = caf::typed_actor<caf::replies_to<int>::with<int>>;

struct config : caf::actor_system_config {
  explicit config(size_t threads) {
    load<asio_scheduler>();
    set("scheduler.max-threads", threads);
  }
};

counter_actor::behavior_type counter(counter_actor::pointer) {
  return {[](int x) { return x + 1; }};
}

/// Counts in its mailbox and in handlers of its strand, without a lock.
class pinned_counter : public caf_asio::pinned<counter_actor::base> {
public:
  using pinned::pinned;

  behavior_type make_behavior() override {
    return {[this](int rounds) {
      auto promise = make_response_promise<int>();
      for (int i = 0; i < rounds; ++i) {
        boost::asio::post(strand(), [this, ref = caf::strong_actor_ptr{ctrl()}, promise, rounds]() mutable {
          if (++count_ == 2 * rounds)
            promise.deliver(count_);
        });
        if (++count_ == 2 * rounds)
          promise.deliver(count_);
      }
      return promise;
    }};
  }

private:
  int count_ = 0;
};

template <class Handle, class... Ts>
int ask(caf::actor_system& sys, const Handle& actor, Ts... xs) {
  caf::scoped_actor self{sys};
  int result = -1;
  self->request(actor, caf::infinite, xs...)
    .receive([&](int x) { result = x; }, [](const caf::error&) { FAIL("no answer"); });
  return result;
}

/// As /proc tells it: R runs, S sleeps.
char state_of(pid_t thread) {
  std::ifstream file{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  std::ostringstream text;
  text << file.rdbuf();
  auto line = text.str();
  return line.at(line.rfind(')') + 2);
}

/// Whether it does so, sooner or later.
bool comes_to_sleep(pid_t thread) {
  for (int looks = 0; looks < 20000; ++looks) {
    if (state_of(thread) == 'S')
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

}   // namespace

TEST_CASE("asio_scheduler: an actor answers on the threads of the io_context") {
  for (size_t threads : {1, 4}) {
    config cfg{threads};
    caf::actor_system sys{cfg};
    CHECK(ask(sys, sys.spawn(counter), 41) == 42);
  }
}

TEST_CASE("asio_scheduler: one thread runs all actors and handlers, four threads run them too") {
  for (size_t threads : {1, 4}) {
    config cfg{threads};
    caf::actor_system sys{cfg};
    auto& context = asio_scheduler::of(sys).context();
    std::promise<std::thread::id> handler;
    boost::asio::post(context, [&] { handler.set_value(std::this_thread::get_id()); });
    std::promise<std::thread::id> actor;
    sys.spawn([&] { actor.set_value(std::this_thread::get_id()); });
    auto first = handler.get_future().get();
    auto second = actor.get_future().get();
    CHECK(first != std::this_thread::get_id());
    if (threads == 1)
      CHECK(first == second);
  }
}

TEST_CASE("pinned: handlers of the strand and of the mailbox never overlap") {
  for (size_t threads : {1, 4}) {
    config cfg{threads};
    caf::actor_system sys{cfg};
    auto actor = sys.spawn<pinned_counter>(asio_scheduler::of(sys).make_strand());
    CHECK(ask(sys, caf::actor_cast<counter_actor>(actor), 2000) == 4000);
  }
}

TEST_CASE("asio_scheduler: messages between cooperative and detached actors and delayed messages arrive") {
  config cfg{1};
  caf::actor_system sys{cfg};
  auto far = sys.spawn<caf::detached>(counter);
  auto near = sys.spawn([far](counter_actor::pointer self) -> counter_actor::behavior_type {
    return {[=](int x) { return self->delegate(far, x); }};
  });
  for (int i = 0; i < 100; ++i)
    REQUIRE(ask(sys, near, i) == i + 1);
  caf::scoped_actor self{sys};
  self->delayed_send(self, std::chrono::milliseconds{1}, 7);
  self->receive([](int x) { CHECK(x == 7); });
}

TEST_CASE("asio_scheduler: an actor that floods itself leaves the sockets their turn") {
  config cfg{1};
  caf::actor_system sys{cfg};
  auto& context = asio_scheduler::of(sys).context();
  std::atomic<bool> seen{false};
  auto flood = sys.spawn([&seen](caf::event_based_actor* self) -> caf::behavior {
    self->send(self, 1);
    return {[self, &seen](int) {
      if (seen)
        self->quit();
      else
        self->send(self, 1);
    }};
  });
  boost::asio::post(context, [&] { seen = true; });
  caf::scoped_actor self{sys};
  self->wait_for(flood);
  CHECK(seen);
}

TEST_CASE("asio_scheduler: a thread that is told to stay awake does not sleep until the next handler has run") {
  config cfg{1};
  caf::actor_system sys{cfg};
  auto& context = asio_scheduler::of(sys).context();
  auto run = [&context](auto what) {
    std::promise<pid_t> done;
    boost::asio::post(context, [&] {
      what();
      done.set_value(gettid());
    });
    return done.get_future().get();
  };
  auto thread = run([] { caf_asio::stay_awake_until(std::chrono::steady_clock::now() + std::chrono::hours{1}); });
  if (std::thread::hardware_concurrency() > 1)
    for (int looks = 0; looks < 20; ++looks)
      CHECK(state_of(thread) == 'R');
  run([] {});
  CHECK(comes_to_sleep(thread));
}

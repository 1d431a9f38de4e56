#include "pool/batch_rule.hpp"
#include <algorithm>
#include <cmath>
#include <deque>
#include <doctest/doctest.h>
#include <functional>
#include <ostream>
#include <queue>
#include <random>
#include <vector>

// Batches as the router closes them, in virtual time. Times are in milliseconds. A share is that of the full capacity:
// 1 is what full batches one after the other can do.

using namespace cog;

namespace {

using clock_type = batch_rule::clock;

clock_type::time_point moment(double ms) {
  return clock_type::time_point{
    std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double, std::milli>{ms})};
}

/// A batch of n takes `fixed + each * n`, or by chance more or less than that.
struct cost {
  double fixed = 20, each = 0;
  double spread = 0;   // share of it
  double of(uint64_t count) const { return fixed + each * static_cast<double>(count); }
  double capacity() const { return 8 / of(8); }   // items a millisecond
};

class simulation {
public:
  simulation(const cost& takes, uint64_t workers, uint64_t seed) : cost_{takes}, idle_{workers}, random_{seed} {
    // nop
  }

  /// Items come by chance, at a share of the capacity.
  void open(double share, double until) {
    auto rate = share * cost_.capacity();
    auto wait = std::exponential_distribution{rate};
    for (auto at = wait(random_); at < until; at += wait(random_))
      arrive_at(at);
    run(until * 2);
  }

  /// So many clients, each of which comes again after a while of its own. All come once at the start.
  void closed(uint64_t clients, double until, double away = 0) {
    returns_ = [this, away] { return 0.05 + away + std::exponential_distribution{1 / 0.3}(random_); };
    for (uint64_t i = 0; i < clients; ++i)
      arrive_at(returns_());
    run(until);
  }

  /// So many within 2 ms, every 100 ms.
  void bursts(uint64_t size, double until) {
    for (double at = 0; at < until; at += 100)
      for (uint64_t i = 0; i < size; ++i)
        arrive_at(at + std::uniform_real_distribution{0.0, 2.0}(random_));
    run(until * 2);
  }

  void arrive_at(double at) { events_.push({at, 0, {}}); }
  void set_returns(std::function<double()> again) { returns_ = std::move(again); }
  std::mt19937_64& random() { return random_; }

  void run(double until) {
    while (!events_.empty() && events_.top().at < until) {
      auto happening = events_.top();
      events_.pop();
      now_ = happening.at;
      if (happening.kind == 0)
        arrive();
      else if (happening.kind == 1)
        end(happening);
      look();
    }
    last_ = std::min(now_, until);
  }

  double mean(size_t from = 0) const {
    double sum = 0;
    for (auto at = from; at < times.size(); ++at)
      sum += times[at];
    return sum / static_cast<double>(times.size() - from);
  }
  double p99() const {
    auto sorted = times;
    std::sort(sorted.begin(), sorted.end());
    return sorted.at(sorted.size() * 99 / 100);
  }
  /// What was done after the moment, as a share of what one worker can do.
  double share_since(double from) const {
    auto done = std::count_if(ends.begin(), ends.end(), [&](double at) { return at >= from; });
    return static_cast<double>(done) / (last_ - from) / cost_.capacity();
  }

  std::vector<double> times, ends;
  std::vector<uint64_t> sizes;
  double held = 0;   // milliseconds, in all
  double longest_held = 0;

private:
  struct event {
    double at = 0;
    int kind = 0;   // 0: an item comes, 1: a batch ends, 2: time to look again
    std::vector<double> came;
    double took = 0;
    bool operator<(const event& other) const { return at > other.at; }
  };
  struct item {
    double came;
    bool waited;
  };

  void arrive() {
    rule_.arrived({}, moment(now_));
    waiting_.push_back({now_, idle_ == 0 || !waiting_.empty()});
  }

  void end(const event& over) {
    ++idle_;
    rule_.ended(std::chrono::duration<double, std::milli>{over.took});
    for (auto came : over.came) {
      times.push_back(now_ - came);
      ends.push_back(now_);
      if (returns_)
        arrive_at(now_ + returns_());
    }
  }

  void look() {
    while (idle_ > 0 && !waiting_.empty()) {
      auto count = std::min<uint64_t>(waiting_.size(), rule_.largest());
      auto verdict = rule_.look({}, count, waiting_.front().waited, moment(now_));
      if (!verdict.close) {
        auto again = std::chrono::duration<double, std::milli>{verdict.again.time_since_epoch()}.count();
        return events_.push({again, 2, {}});
      }
      auto waited = rule_.held(moment(now_)).count() * 1e3;
      held += waited;
      longest_held = std::max(longest_held, waited);
      rule_.closed();
      sizes.push_back(count);
      --idle_;
      event over{now_, 1, {}};
      for (uint64_t i = 0; i < count; ++i) {
        over.came.push_back(waiting_.front().came);
        waiting_.pop_front();
      }
      over.took = cost_.of(count);
      if (cost_.spread > 0)
        over.took *= std::uniform_real_distribution{1 - cost_.spread, 1 + cost_.spread}(random_);
      over.at += over.took;
      events_.push(over);
    }
  }

  batch_rule rule_{8, std::chrono::duration<double, std::milli>{5}};
  cost cost_;
  uint64_t idle_;
  std::mt19937_64 random_;
  std::priority_queue<event> events_;
  std::deque<item> waiting_;
  std::function<double()> returns_;
  double now_ = 0, last_ = 0;
};

/// Within a share of it.
struct about {
  double value;
  double part = 0.05;
};

bool operator==(double measured, const about& expected) {
  return std::abs(measured - expected.value) <= expected.part * expected.value;
}

std::ostream& operator<<(std::ostream& out, const about& expected) {
  return out << "about " << expected.value;
}

constexpr double five_minutes = 300'000, one_minute = 60'000;

double mean_time(const cost& takes, double share) {
  simulation ran{takes, 1, 1};
  ran.open(share, five_minutes);
  return ran.mean();
}

double rate(const cost& takes, uint64_t clients, uint64_t workers = 1, double away = 0) {
  simulation ran{takes, workers, 1};
  ran.closed(clients, one_minute, away);
  return ran.share_since(1000) / static_cast<double>(workers);
}

}   // namespace

TEST_CASE("batch simulation: 20 ms whatever the size") {
  cost takes{20, 0};
  CHECK(mean_time(takes, 0.05) == about{24.0});
  CHECK(mean_time(takes, 0.3) == about{29.7});
  CHECK(mean_time(takes, 0.7) == about{31.3});
  CHECK(mean_time(takes, 0.95) == about{48.9, 0.1});
  CHECK(rate(takes, 4) == about{0.48});
  CHECK(rate(takes, 8) == about{0.96, 0.02});
  CHECK(rate(takes, 12) == about{0.99, 0.02});
  CHECK(rate(takes, 16) == about{1.00, 0.02});
  CHECK(rate(takes, 32) == about{1.00, 0.02});
}

TEST_CASE("batch simulation: 10 ms and 2 ms an item") {
  cost takes{10, 2};
  CHECK(mean_time(takes, 0.05) == about{13.1});
  CHECK(mean_time(takes, 0.3) == about{20.0});
  CHECK(mean_time(takes, 0.7) == about{30.3});
  CHECK(mean_time(takes, 0.95) == about{56.2, 0.1});
  CHECK(rate(takes, 4) == about{0.70});
  CHECK(rate(takes, 8) == about{0.97, 0.02});
  CHECK(rate(takes, 12) == about{0.99, 0.02});
  CHECK(rate(takes, 32) == about{1.00, 0.02});
}

TEST_CASE("batch simulation: 4 ms and 4 ms an item") {
  cost takes{4, 4};
  CHECK(mean_time(takes, 0.05) == about{8.4});
  CHECK(mean_time(takes, 0.3) == about{12.2});
  CHECK(mean_time(takes, 0.7) == about{26.3});
  CHECK(mean_time(takes, 0.95) == about{73.2, 0.1});
  CHECK(rate(takes, 4) == about{0.87});
  CHECK(rate(takes, 8) == about{0.98, 0.02});
  CHECK(rate(takes, 12) == about{0.99, 0.02});
  CHECK(rate(takes, 32) == about{1.00, 0.02});
}

TEST_CASE("batch simulation: a lone client pays next to nothing, at worst the longest wait") {
  simulation lone{cost{}, 1, 1};
  lone.open(0.05, five_minutes);
  CHECK(lone.held / five_minutes < 0.01);
  CHECK(lone.held / static_cast<double>(lone.times.size()) < 0.5);
  CHECK(lone.longest_held <= 5.001);
  simulation sequential{cost{}, 1, 1};
  sequential.closed(1, one_minute);
  CHECK(sequential.held < 15);
  CHECK(sequential.share_since(0) > 0.12);
}

TEST_CASE("batch simulation: the convoy of eight clients is left within fifteen batches") {
  simulation ran{cost{}, 1, 1};
  ran.closed(8, 1000);
  auto full = std::find(ran.sizes.begin(), ran.sizes.end(), 8);
  CHECK(ran.sizes.at(0) == 1);
  CHECK(ran.sizes.at(1) == 7);
  CHECK(full - ran.sizes.begin() < 15);
  CHECK(std::all_of(ran.sizes.begin() + 20, ran.sizes.end(), [](uint64_t size) { return size == 8; }));
}

TEST_CASE("batch simulation: a burst of eight goes together") {
  simulation ran{cost{}, 1, 1};
  ran.bursts(8, one_minute);
  CHECK(ran.mean(80) == about{20.8});
}

TEST_CASE("batch simulation: several workers, clients further away, durations that vary") {
  CHECK(rate(cost{}, 16, 2) == about{0.96, 0.02});
  CHECK(rate(cost{}, 8, 1, 3) > 0.66);
  CHECK(rate(cost{}, 16, 1, 3) == about{1.00, 0.02});
  CHECK(rate(cost{.spread = 0.5}, 8) == about{0.96, 0.02});
}

TEST_CASE("batch simulation: a load that turns from sparse to eight clients is at full rate after 0.4 s") {
  simulation ran{cost{}, 1, 1};
  ran.open(0.02, 10'000);
  auto start = ran.ends.back() + 10'000;
  ran.set_returns([&] { return 0.05 + std::exponential_distribution{1 / 0.3}(ran.random()); });
  for (int i = 0; i < 8; ++i)
    ran.arrive_at(start);
  ran.run(start + 5000);
  CHECK(ran.share_since(start + 400) == about{0.96, 0.03});
}

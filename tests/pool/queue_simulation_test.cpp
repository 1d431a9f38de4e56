#include "pool/queue_forecast.hpp"
#include "pool/waiting_queue.hpp"
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <map>
#include <ostream>
#include <queue>
#include <random>
#include <string>
#include <vector>

// The queue and its forecast as the router uses them, in virtual time: predictions come by chance, at more than the
// server can do. A share is that of the capacity: 1 is all that the slots can do.

using namespace cog;

namespace {

/// Who asks: at a share of the capacity, with a deadline.
struct crowd {
  double load = 2;
  double deadline = 0.5;         // seconds; 0: none
  double longest_deadline = 0;   // else they are spread evenly up to this
  bool low = false;
  std::string key{};
};

struct world {
  uint64_t slots = 4;
  double mean = 0.1, deviation = 0.05;   // seconds in a slot
  uint64_t places = 1'000'000;
  bool refuses = true;   // by the forecast
  bool drops = true;     // those whose turn comes too late
  bool ends = true;      // at the deadline what runs
  bool takes_turns = false;
  double slower_from = 1e9;   // the moment from which on everything takes ten times as long
  double span = 150;          // seconds
};

/// What has become of one crowd.
struct outcome {
  uint64_t asked = 0, refused = 0, in_time = 0, late = 0;
  double wasted = 0;             // seconds in slots for those that were late
  std::vector<double> waits;     // of those that began, seconds
  uint64_t forecasts = 0;        // of those that had to wait
  uint64_t good_forecasts = 0;   // within 30 %
};

class simulation {
public:
  simulation(const world& rules, std::vector<crowd> crowds, uint64_t seed)
    : rules_{rules},
      crowds_{std::move(crowds)},
      random_{seed},
      queue_{queue_rules{.places = rules.places, .takes_turns = rules.takes_turns}},
      outcomes_(crowds_.size()) {
    auto spread = std::log(1 + std::pow(rules.deviation / rules.mean, 2));
    service_ = std::lognormal_distribution{std::log(rules.mean) - spread / 2, std::sqrt(spread)};
  }

  std::vector<outcome> run() {
    for (size_t which = 0; which < crowds_.size(); ++which)
      next_arrival(which);
    while (!events_.empty() && now_ < rules_.span) {
      auto happening = events_.top();
      events_.pop();
      now_ = happening.at;
      if (happening.arrives)
        arrive(happening.crowd_index);
      else
        end(happening);
    }
    return outcomes_;
  }

private:
  struct asked {
    size_t crowd_index = 0;
    double came = 0, due = 1e9;
    double forecast = -1;
  };
  struct event {
    double at = 0;
    bool arrives = false;
    size_t crowd_index = 0;
    double took = 0;
    bool cut = false, in_time = false;
    bool operator<(const event& other) const { return at > other.at; }
  };

  void next_arrival(size_t which) {
    auto rate = crowds_[which].load * static_cast<double>(rules_.slots) / rules_.mean;
    events_.push({.at = now_ + std::exponential_distribution{rate}(random_), .arrives = true, .crowd_index = which});
  }

  void arrive(size_t which) {
    next_arrival(which);
    auto& from = crowds_[which];
    auto& result = outcomes_[which];
    ++result.asked;
    asked who{.crowd_index = which, .came = now_};
    if (from.deadline > 0)
      who.due = now_ +
        (from.longest_deadline > 0 ? std::uniform_real_distribution{from.deadline, from.longest_deadline}(random_)
                                   : from.deadline);
    waiting_queue::newcomer newcomer{.low = from.low, .key = from.key};
    queue_outlook found{.before = queue_.before(newcomer),
                        .slots = rules_.slots,
                        .is_free = running_ < rules_.slots,
                        .is_idle = running_ == 0,
                        .shares = !from.low && queue_.count(true) > 0};
    bool is_full = !found.is_free && queue_.room_for(newcomer) != waiting_queue::room::there;
    if (is_full || (rules_.refuses && forecast_.too_long(found, who.due - now_))) {
      ++result.refused;
      return;
    }
    if (found.is_free)
      return begin(who);
    who.forecast = forecast_.wait(found).value_or(-1);
    waiting_[queue_.add(newcomer)] = who;
  }

  void begin(const asked& who) {
    auto& result = outcomes_[who.crowd_index];
    auto waited = now_ - who.came;
    result.waits.push_back(waited);
    if (who.forecast > 0) {
      ++result.forecasts;
      result.good_forecasts += std::abs(who.forecast - waited) <= 0.3 * waited ? 1 : 0;
    }
    ++running_;
    auto takes = service_(random_) * (now_ >= rules_.slower_from ? 10 : 1);
    bool cut = rules_.ends && now_ + takes > who.due;
    auto took = cut ? std::max(0.0, who.due - now_) : takes;
    events_.push({.at = now_ + took,
                  .crowd_index = who.crowd_index,
                  .took = took,
                  .cut = cut,
                  .in_time = !cut && now_ + took <= who.due});
  }

  void end(const event& over) {
    --running_;
    times_.add(over.took, over.cut);
    auto& result = outcomes_[over.crowd_index];
    if (over.in_time) {
      ++result.in_time;
    } else {
      ++result.late;
      result.wasted += over.took;
    }
    while (!queue_.empty() && running_ < rules_.slots) {
      auto found = waiting_.find(queue_.take_next());
      auto who = found->second;
      waiting_.erase(found);
      if (rules_.drops && !forecast_.is_worth_a_start(who.due - now_))
        ++outcomes_[who.crowd_index].late;
      else
        begin(who);
    }
  }

  world rules_;
  std::vector<crowd> crowds_;
  std::mt19937_64 random_;
  std::lognormal_distribution<double> service_;
  waiting_queue queue_;
  service_times times_;
  queue_forecast forecast_{times_};
  std::priority_queue<event> events_;
  std::map<waiting_queue::ticket, asked> waiting_;
  std::vector<outcome> outcomes_;
  uint64_t running_ = 0;
  double now_ = 0;
};

/// Of three runs together.
struct summary {
  summary(const world& rules, const std::vector<crowd>& crowds) : crowds_(crowds.size()) {
    for (uint64_t seed : {1, 2, 3}) {
      auto outcomes = simulation{rules, crowds, seed}.run();
      for (size_t i = 0; i < outcomes.size(); ++i) {
        auto& sum = crowds_[i];
        sum.asked += outcomes[i].asked;
        sum.refused += outcomes[i].refused;
        sum.in_time += outcomes[i].in_time;
        sum.late += outcomes[i].late;
        sum.wasted += outcomes[i].wasted;
        sum.forecasts += outcomes[i].forecasts;
        sum.good_forecasts += outcomes[i].good_forecasts;
        sum.waits.insert(sum.waits.end(), outcomes[i].waits.begin(), outcomes[i].waits.end());
      }
    }
    seconds_ = 3 * rules.span * static_cast<double>(rules.slots);
    mean_ = rules.mean;
  }

  double goodput(size_t which = 0) const { return static_cast<double>(crowds_[which].in_time) * mean_ / seconds_; }
  double wasted() const { return crowds_[0].wasted / seconds_; }
  double late(size_t which = 0) const { return part(crowds_[which].late, crowds_[which].asked); }
  double refused(size_t which = 0) const { return part(crowds_[which].refused, crowds_[which].asked); }
  double good_forecasts() const { return part(crowds_[0].good_forecasts, crowds_[0].forecasts); }
  double median_wait(size_t which = 0) const {
    auto waits = crowds_[which].waits;
    std::sort(waits.begin(), waits.end());
    return waits.at(waits.size() / 2);
  }

private:
  static double part(uint64_t some, uint64_t all) { return static_cast<double>(some) / static_cast<double>(all); }

  std::vector<outcome> crowds_;
  double seconds_ = 0, mean_ = 0;
};

/// Within 0.02.
struct about {
  explicit about(double expected) : value{expected} {
    // nop
  }
  double value;
};

bool operator==(double measured, const about& expected) {
  return std::abs(measured - expected.value) <= 0.02;
}

std::ostream& operator<<(std::ostream& out, const about& expected) {
  return out << "about " << expected.value;
}

/// Without any of the rules for deadlines.
world blind(uint64_t places) {
  return {.places = places, .refuses = false, .drops = false, .ends = false};
}

}   // namespace

TEST_CASE("simulation: at twice the load, a queue without an end collapses, and a short one must know how short") {
  CHECK(summary(blind(1'000'000), {crowd{}}).goodput() == about(0.01));
  CHECK(summary(blind(8), {crowd{}}).goodput() == about(0.99));
  CHECK(summary(blind(20), {crowd{}}).goodput() == about(0.15));
}

TEST_CASE("simulation: to refuse at arrival what cannot be done in time keeps the slots busy with what can") {
  world rules{.drops = false, .ends = false};
  summary refusing{rules, {crowd{}}};
  CHECK(refusing.goodput() == about(0.96));
  CHECK(refusing.late() < 0.03);
  rules.drops = true;
  CHECK(summary(rules, {crowd{}}).goodput() == about(0.97));
  rules.ends = true;
  summary ending{rules, {crowd{}}};
  CHECK(ending.goodput() == about(0.99));
  CHECK(ending.wasted() == about(0.05));
  CHECK(ending.late() < 0.03);
}

TEST_CASE("simulation: the same at four times the load, with one slot, and when predictions differ much") {
  summary crowded{world{}, {crowd{.load = 4}}};
  CHECK(crowded.goodput() == about(0.98));
  CHECK(crowded.late() < 0.03);
  CHECK(summary(world{.slots = 1}, {crowd{}}).goodput() == about(0.99));
  CHECK(summary(world{.deviation = 0.1}, {crowd{}}).goodput() == about(1.03));
}

TEST_CASE("simulation: deadlines of many lengths") {
  summary mixed{world{}, {crowd{.deadline = 0.2, .longest_deadline = 2}}};
  CHECK(mixed.goodput() == about(1.00));
  CHECK(mixed.late() < 0.01);
}

TEST_CASE("simulation: neither class starves") {
  for (double load : {1.0, 2.0}) {
    summary halves{world{}, {crowd{.load = load}, crowd{.load = load, .low = true}}};
    CHECK(halves.goodput(0) == about(0.87));
    CHECK(halves.goodput(1) == about(0.12));
    CHECK(halves.late(0) < 0.03);
    CHECK(halves.late(1) < 0.03);
  }
}

TEST_CASE("simulation: normal at four times the capacity leaves low its eighth") {
  world rules = blind(64);
  summary flood{rules, {crowd{.load = 4, .deadline = 0}, crowd{.load = 0.1, .deadline = 0, .low = true}}};
  CHECK(flood.goodput(1) > 0.02);
}

TEST_CASE("simulation: who asks for little is served beside who asks for twice what there is, in turns") {
  std::vector<crowd> clients{crowd{.load = 2, .deadline = 0, .key = "large"},
                             crowd{.load = 0.1, .deadline = 0, .key = "small"}};
  auto rules = blind(64);
  summary one_line{rules, clients};
  CHECK(one_line.median_wait(1) > 1);
  CHECK(one_line.refused(1) > 0.4);
  rules.takes_turns = true;
  summary turns{rules, clients};
  CHECK(turns.refused(1) == 0);
  CHECK(turns.median_wait(1) < 0.15);
  CHECK(turns.goodput(0) + turns.goodput(1) > 0.98);
}

TEST_CASE("simulation: what is told of the wait is right within 30 % for four of five") {
  CHECK(summary(blind(64), {crowd{.load = 2, .deadline = 0}}).good_forecasts() > 0.8);
  CHECK(summary(blind(64), {crowd{.load = 1.2, .deadline = 0}}).good_forecasts() > 0.8);
}

TEST_CASE("simulation: when predictions become ten times slower it has learned that a hundred ends later") {
  world rules{.slower_from = 50, .span = 250};
  rules.mean = 0.1;
  summary slower{rules, {crowd{.load = 0.5, .deadline = 5}}};
  CHECK(slower.late() < 0.1);
}

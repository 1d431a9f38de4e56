#include "actors/health_checks.hpp"
#include "room_support.hpp"

using namespace cog;
using namespace std::chrono_literals;

namespace {

struct checks_fixture {
  heard_list heard;
  manual_time time;
  fake_process process{heard};
  health_checks checks{std::make_unique<manual_alarm>(time)};
  std::map<int, std::string> answers;   // by the order of the questions

  void ask(int which) {
    checks.ask(process, [this, which](std::string problem) { answers[which] = std::move(problem); });
  }
  bool verdict(uint64_t question, bool healthy, std::string_view text = {}) {
    return checks.on_verdict({.question = question, .healthy = healthy, .text = text});
  }
  void advance(std::chrono::milliseconds by) {
    if (time.advance(by))
      checks.on_alarm();
  }
};

using answer_map = std::map<int, std::string>;

}   // namespace

TEST_CASE("health_checks: each question has its own answer") {
  checks_fixture test;
  test.ask(1);
  test.ask(2);
  CHECK(test.heard == heard_list{"healthcheck 1", "healthcheck 2"});
  CHECK(test.verdict(2, false, "no memory"));
  CHECK(test.answers == answer_map{{2, "no memory"}});
  CHECK(test.verdict(1, true));
  CHECK(test.answers == answer_map{{1, ""}, {2, "no memory"}});
}

TEST_CASE("health_checks: what is said of a healthy model is left out") {
  checks_fixture test;
  test.ask(1);
  test.verdict(1, true, "fine");
  CHECK(test.answers == answer_map{{1, ""}});
}

TEST_CASE("health_checks: a verdict that nobody has asked for is a mistake, a second one is not") {
  checks_fixture test;
  CHECK_FALSE(test.verdict(1, true));
  test.ask(1);
  CHECK(test.verdict(1, true));
  CHECK(test.verdict(1, false, "again"));
  CHECK(test.answers == answer_map{{1, ""}});
}

TEST_CASE("health_checks: no answer in time is an answer, and a later one changes nothing") {
  checks_fixture test;
  test.ask(1);
  test.advance(9999ms);
  CHECK(test.answers.empty());
  test.advance(1ms);
  CHECK(test.answers == answer_map{{1, "healthcheck timed out"}});
  CHECK(test.verdict(1, true));
  CHECK(test.answers.at(1) == "healthcheck timed out");
}

TEST_CASE("health_checks: each question has the whole time") {
  checks_fixture test;
  test.ask(1);
  test.advance(9s);
  test.ask(2);
  test.advance(1s);
  CHECK(test.answers == answer_map{{1, "healthcheck timed out"}});
  test.advance(8s);
  CHECK(test.verdict(2, true));
  CHECK(test.answers.at(2) == "");
}

TEST_CASE("health_checks: the time of what was answered is not held against what comes later") {
  checks_fixture test;
  test.ask(1);
  test.advance(9s);
  test.ask(2);
  test.verdict(1, true);
  test.advance(1s);
  CHECK_FALSE(test.answers.contains(2));
  test.advance(9s);
  CHECK(test.answers.at(2) == "healthcheck timed out");
}

TEST_CASE("health_checks: no alarm is set while nothing is asked") {
  checks_fixture test;
  CHECK(test.time.due == alarm::clock::time_point::max());
  test.ask(1);
  CHECK(test.time.due == test.time.now + health_checks::limit);
  test.verdict(1, true);
  CHECK(test.time.due == alarm::clock::time_point::max());
}

TEST_CASE("health_checks: a death answers all, and what is asked then is asked anew") {
  checks_fixture test;
  test.ask(1);
  test.checks.ask(test.process, [&test](const std::string& problem) {
    test.answers[2] = problem;
    test.ask(3);
  });
  test.checks.answer_all("Worker crashed");
  CHECK(test.answers == answer_map{{1, "Worker crashed"}, {2, "Worker crashed"}});
  CHECK(test.heard.back() == "healthcheck 3");
  CHECK(test.verdict(3, true));
  CHECK(test.answers.at(3) == "");
}

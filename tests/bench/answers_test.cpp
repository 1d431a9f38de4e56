#include "bench/prometheus.hpp"
#include "bench/sse_reader.hpp"
#include "bench/verdict.hpp"
#include <doctest/doctest.h>
#include <vector>

using namespace cog::bench;

namespace {

using event_list = std::vector<std::pair<std::string, std::string>>;

event_list events_of(const std::vector<std::string>& pieces) {
  event_list events;
  sse_reader reader{[&](std::string_view name, std::string_view data) { events.emplace_back(name, data); }};
  for (auto& piece : pieces)
    reader.append(piece);
  return events;
}

std::vector<std::string> letters(const std::string& text) {
  std::vector<std::string> all;
  for (char letter : text)
    all.emplace_back(1, letter);
  return all;
}

prediction_end judged(const std::string& body, size_t piece_size) {
  verdict judge;
  for (size_t at = 0; at < body.size(); at += piece_size)
    judge.take(std::string_view{body}.substr(at, piece_size));
  return judge.end();
}

}   // namespace

TEST_CASE("event stream: names and data, in whatever pieces they come") {
  const std::string text =
    "event: output\ndata: {\"chunk\":\"a\"}\n\n: keep-alive\n\nevent:completed\r\ndata:x\r\n\r\ndata: bare\n\nevent: "
    "none\n\n";
  const event_list expected{{"output", "{\"chunk\":\"a\"}"}, {"completed", "x"}, {"message", "bare"}};
  CHECK(events_of({text}) == expected);
  CHECK(events_of(letters(text)) == expected);
}

TEST_CASE("event stream: the next stream begins anew") {
  event_list events;
  sse_reader reader{[&](std::string_view name, std::string_view data) { events.emplace_back(name, data); }};
  reader.append("event: output\ndata: half");
  reader.clear();
  reader.append("event: start\ndata: whole\n\n");
  CHECK(events == event_list{{"start", "whole"}});
}

TEST_CASE("event stream: of a very long line start and end are kept") {
  auto events = events_of({"event: completed\ndata: {\"output\":\"", std::string(5'000'000, 'x'),
                           std::string(700'000, 'y'), "\",\"status\":\"succeeded\"}\n\n"});
  REQUIRE(events.size() == 1);
  CHECK(events[0].second.size() < 200'000);
  CHECK(events[0].second.starts_with("{\"output\":\"xxx"));
  CHECK(end_of_prediction(events[0].second) == prediction_end::succeeded);
}

TEST_CASE("verdict: the status of a short body is that of its own member") {
  for (size_t size : {1, 7, 100'000}) {
    CHECK(judged(R"({"id":"x","output":"hi","status":"succeeded"})", size) == prediction_end::succeeded);
    CHECK(judged(R"({"status": "succeeded", "output": {"status": "failed"}})", size) == prediction_end::succeeded);
    CHECK(judged(R"({"output":{"status":"succeeded"},"status":"failed"})", size) == prediction_end::failed);
    CHECK(judged(R"({"output":{"status":"succeeded"}})", size) == prediction_end::none);
    CHECK(judged(R"({"status":"canceled"})", size) == prediction_end::failed);
    CHECK(judged(R"({"status":"starting"})", size) == prediction_end::under_way);
    CHECK(judged("oops", size) == prediction_end::none);
    CHECK(judged("[1]", size) == prediction_end::none);
    CHECK(judged("", size) == prediction_end::none);
  }
}

TEST_CASE("verdict: a long body is not kept, and its status found wherever it is") {
  const std::string filler(200'000, 'x');
  for (size_t size : {1, 5, 21, 22, 4096, 65536, 1'000'000}) {
    verdict judge;
    CHECK(judged(R"({"output":")" + filler + R"(","status":"succeeded"})", size) == prediction_end::succeeded);
    CHECK(judged(R"({"status": "succeeded", "output":")" + filler + R"("})", size) == prediction_end::succeeded);
    CHECK(judged(R"({"output":")" + filler + R"(","status":"failed"})", size) == prediction_end::failed);
  }
  verdict judge;
  for (int i = 0; i < 100; ++i)
    judge.take(filler);
  CHECK(judge.text().size() <= 64 * 1024);
}

TEST_CASE("verdict: one object for one body after the other") {
  verdict judge;
  judge.take(std::string(200'000, 'x'));
  judge.clear();
  judge.take(R"({"status":"succeeded"})");
  CHECK(judge.end() == prediction_end::succeeded);
}

TEST_CASE("metrics: samples with and without labels") {
  auto all = read_samples(
    "# HELP cog_slots Places.\n# TYPE cog_slots gauge\ncog_slots 4\ncog_slots_free 1\n"
    "cog_predictions_total{status=\"succeeded\"} 7\ncog_predictions_total{status=\"fai led\\\" \"} 2\n"
    "bad line here\nnan_value NaN\nwith_time 3 1700000000\nempty\n\n");
  CHECK(all.at("cog_slots") == 4);
  CHECK(sum_of(all, "cog_slots") == 4);
  CHECK(sum_of(all, "cog_predictions_total") == 9);
  CHECK(sum_of(all, "cog_none") == 0);
  CHECK(all.at("with_time") == 3);
  CHECK_FALSE(all.contains("nan_value"));
}

TEST_CASE("metrics: what has changed are counters") {
  samples before{{"a_total", 1}, {"b_total{x=\"1\"}", 5}, {"gauge", 1}};
  samples after{{"a_total", 1}, {"b_total{x=\"1\"}", 8}, {"gauge", 9}, {"c_count", 2}};
  CHECK(changed_counters(before, after) == samples{{"b_total{x=\"1\"}", 3}, {"c_count", 2}});
}

#include "cli/model/started_model.hpp"
#include "cli/model/event_reader.hpp"
#include "prediction/json_tree.hpp"
#include <algorithm>
#include <array>
#include <iostream>
#include <poll.h>

namespace cog {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds health_interval{100};
constexpr milliseconds health_limit{250};
constexpr seconds stop_grace{3};
constexpr seconds news_interval{10};   // between two signs of life on a terminal

std::string text_of(const json_value* value) {
  std::string scratch;
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

void show_log(std::string_view text) {
  std::cerr << text << std::flush;
}

/// The 422 answer as lines `- field: message`.
std::string listed_problems(const std::string& body) {
  std::string text = "The inputs you passed could not be validated:";
  json_error ignored;
  auto answer = parse_json(std::string_view{body}, ignored);
  auto* details = answer ? answer->find("detail") : nullptr;
  if (!details)
    return text + "\n- " + body;
  for (auto& detail : details->items) {
    auto* place = detail.find("loc");
    auto field = place && !place->items.empty() ? text_of(&place->items.back()) : std::string{"input"};
    text += "\n- " + field + ": " + text_of(detail.find("msg"));
  }
  return text;
}

}   // namespace

started_model::started_model(engine& where, run_plan plan, const console& messages)
  : where_{where}, plan_{std::move(plan)}, messages_{messages}, program_{where_.start(plan_)} {
  // nop
}

started_model::~started_model() {
  if (program_ && !program_->has_ended())
    program_->stop(stop_grace, signals_);
}

void started_model::wait_until_ready(seconds limit) {
  auto started = steady_clock::now();
  auto next_news = started + news_interval;
  bool terminal = isatty(STDERR_FILENO) != 0;
  for (auto now = started; ask_health() != state::ready; now = steady_clock::now()) {
    if (now - started > limit)
      throw command_error{"Timed out"};
    if (terminal && now > next_news) {
      auto passed = std::chrono::duration_cast<seconds>(now - started).count();
      messages_.info("Still waiting for setup() after " + std::to_string(passed) + " s...");
      next_news += news_interval;
    }
    wait_a_moment();
  }
}

started_model::state started_model::ask_health() {
  if (program_->has_ended() && program_->lacks_gpu_driver())
    start_again_without_gpu();
  check_alive();
  if (!client_) {
    auto url = program_->url();
    if (url.empty())
      return state::not_yet;
    client_.emplace(url, std::vector<int>{signals_.descriptor(), program_->descriptor()});
  }
  auto answer = ask({.path = "/health-check", .limit = health_limit});
  json_error ignored;
  auto health = parse_json(std::string_view{answer.body}, ignored);
  auto status = health ? text_of(health->find("status")) : std::string{};
  if (status == "READY")
    return state::ready;
  if (status == "SETUP_FAILED")
    throw command_error{"Model setup failed"};
  if (answer.status == 200 && status != "STARTING")
    throw command_error{"Container healthcheck returned unexpected status: " + status};
  return state::not_yet;
}

void started_model::start_again_without_gpu() {
  messages_.info("Missing device driver, re-trying without GPU");
  plan_.gpus.clear();
  client_.reset();
  program_ = where_.start(plan_);
}

void started_model::check_alive() {
  if (signals_.take())
    throw silent_exit{1};
  if (program_->has_ended())
    throw command_error{"Container exited unexpectedly"};
}

http_answer started_model::ask(const http_question& question) {
  auto answer = client_->ask(question);
  if (answer.woken)
    check_alive();
  return answer;
}

void started_model::wait_a_moment() {
  std::array<pollfd, 2> watched{pollfd{signals_.descriptor(), POLLIN, 0}, pollfd{program_->descriptor(), POLLIN, 0}};
  poll(watched.data(), watched.size(), static_cast<int>(health_interval.count()));
}

std::string started_model::document() {
  auto answer = ask({.path = "/openapi.json"});
  if (answer.status != 200)
    throw command_error{"Failed to read the model's schema: /openapi.json returned status " +
                        std::to_string(answer.status) + (answer.problem.empty() ? "" : ": " + answer.problem)};
  return answer.body;
}

std::string started_model::create(const std::string& endpoint, const std::string& body) {
  auto answer = accept_answer(ask({.method = "POST", .path = endpoint, .body = body}), endpoint);
  json_error ignored;
  if (auto prediction = parse_json(std::string_view{answer}, ignored))
    show_log(text_of(prediction->find("logs")));
  return answer;
}

std::string started_model::create_streaming(const std::string& endpoint, const std::string& body,
                                            const chunk_handler& on_chunk) {
  std::string last;
  event_reader reader{[&](std::string_view name, std::string_view data) {
    json_error ignored;
    if (name == "completed") {
      last = data;
    } else if (name == "output") {
      auto event = parse_json(data, ignored);
      if (auto* chunk = event ? event->find("chunk") : nullptr)
        on_chunk(chunk->raw);
    } else if (name == "log") {
      auto event = parse_json(data, ignored);
      show_log(event ? text_of(event->find("data")) : std::string{});
    } else if (name == "error") {
      auto event = parse_json(data, ignored);
      throw command_error{"Failed to run prediction: " + (event ? text_of(event->find("error")) : std::string{data})};
    }
  }};
  std::exception_ptr failure;
  // libcurl's C code stands between: an exception waits until it has returned.
  auto take = [&](std::string_view bytes) {
    try {
      if (!failure)
        reader.append(bytes);
    } catch (const command_error&) {
      failure = std::current_exception();
    }
  };
  auto answer = ask({.method = "POST", .path = endpoint, .body = body, .accept = "text/event-stream", .on_body = take});
  if (failure)
    std::rethrow_exception(failure);
  accept_answer(answer, endpoint);
  if (last.empty())
    throw command_error{"Failed to run prediction: the stream has ended without a result"};
  return last;
}

std::string started_model::create_and_watch(const std::string& endpoint, const std::string& body,
                                            const chunk_handler& on_chunk) {
  if (ask({.path = endpoint}).status != 200)
    return create(endpoint, body);
  auto path = endpoint + "/cog-run";
  auto created = ask({.method = "PUT", .path = path, .body = body, .prefer = "respond-async"});
  if (created.status != 202)
    return accept_answer(created, endpoint);
  size_t log_shown = 0;
  for (size_t seen = 0;; wait_a_moment()) {
    check_alive();
    auto answer = accept_answer(ask({.path = path}), path);
    json_error ignored;
    auto prediction = parse_json(std::string_view{answer}, ignored);
    if (!prediction)
      return answer;
    auto log = text_of(prediction->find("logs"));
    show_log(std::string_view{log}.substr(std::min(log_shown, log.size())));
    log_shown = log.size();
    auto* output = prediction->find("output");
    for (; on_chunk && output && seen < output->items.size(); ++seen)
      on_chunk(output->items[seen].raw);
    auto status = text_of(prediction->find("status"));
    if (status != "starting" && status != "processing")
      return answer;
  }
}

std::string started_model::accept_answer(const http_answer& answer, const std::string& endpoint) const {
  const std::string failed = "Failed to run prediction: ";
  if (answer.status == 200)
    return answer.body;
  if (answer.status == 422)
    throw command_error{failed + listed_problems(answer.body)};
  if (answer.status == 0)
    throw command_error{failed + answer.problem};
  messages_.debug(answer.body);
  throw command_error{failed + endpoint + " call returned status " + std::to_string(answer.status)};
}

}   // namespace cog

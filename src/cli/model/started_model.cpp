#include "cli/model/started_model.hpp"
#include "cli/model/event_reader.hpp"
#include "cli/model/setup_failure.hpp"
#include <algorithm>
#include <array>
#include <poll.h>

namespace cog {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds health_interval{100};
constexpr milliseconds health_limit{250};
constexpr milliseconds look_limit{1000};
constexpr int looks_after_traceback = 30;
constexpr int look_pause = 10;   // times as long as a look takes
constexpr seconds stop_grace{3};
constexpr size_t large_body = 1'000'000;   // bytes; the sending of more is told
constexpr const char* folder_in_image = "/src";

std::string text_of(const json_value* value) {
  std::string scratch;
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

bool is_readable(int descriptor) {
  pollfd watched{descriptor, POLLIN, 0};
  return poll(&watched, 1, 0) == 1;
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

/// How much of a prediction has been shown.
struct started_model::view {
  size_t log = 0;
  size_t items = 0;
};

started_model::started_model(engine& where, run_plan plan, const console& messages)
  : where_{where}, plan_{std::move(plan)}, messages_{messages}, output_{messages} {
  plan_.output = output_.input();
  program_ = where_.start(plan_);
}

started_model::~started_model() {
  output_.read();
  output_.leave(messages_.show_debug);   // the end of a server is of no interest
  if (program_ && !program_->has_ended())
    program_->stop(stop_grace, signals_);
}

void started_model::wait_until_ready(seconds limit) {
  wait_notice notice{messages_, "setup()"};
  auto started = steady_clock::now();
  int still_starting = 0;
  for (auto now = started;; now = steady_clock::now()) {
    auto found = ask_health();
    output_.read();
    // A traceback that no failure follows was only printed.
    still_starting = found == state::starting && output_.holds() ? still_starting + 1 : 0;
    if (found == state::ready || still_starting > looks_after_traceback)
      output_.release();
    if (found == state::ready)
      return;
    if (now - started > limit) {
      output_.release();
      throw command_error{"Timed out: setup() has taken more than " + std::to_string(limit.count()) +
                          " s; --setup-timeout gives it more"};
    }
    notice.tell(output_.last_line());
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
    client_.emplace(url, std::vector<int>{signals_.descriptor(), program_->descriptor(), output_.descriptor()},
                    [this] { return is_to_stop(); });
  }
  auto answer = ask({.path = "/health-check", .limit = health_limit});
  json_error ignored;
  auto health = parse_json(std::string_view{answer.body}, ignored);
  auto status = health ? text_of(health->find("status")) : std::string{};
  if (status == "READY")
    return state::ready;
  if (status == "SETUP_FAILED")
    fail_setup(*health);
  if (answer.status == 200 && status != "STARTING")
    throw command_error{"Container healthcheck returned unexpected status: " + status};
  return status == "STARTING" ? state::starting : state::not_yet;
}

void started_model::fail_setup(const json_value& health) {
  output_.read();
  if (messages_.show_debug)
    output_.release();
  output_.forget();
  auto failure = read_setup_failure(text_of(health.find_path({"setup", "logs"})),
                                    where_.has_images() ? folder_in_image : plan_.project);
  output_.leave(messages_.show_debug);
  messages_.error("Model setup failed");
  messages_.pass_on(failure.calls);
  throw command_error{failure.cause.empty() ? "Its log does not say why; try --debug" : failure.cause};
}

void started_model::start_again_without_gpu() {
  messages_.info("Missing device driver, re-trying without GPU");
  plan_.gpus.clear();
  client_.reset();
  program_ = where_.start(plan_);
}

/// Called while something is awaited.
bool started_model::is_to_stop() {
  output_.read();
  return is_readable(signals_.descriptor()) || program_->has_ended();
}

void started_model::check_alive() {
  output_.read();
  if (auto signal = signals_.take()) {
    messages_.info("Stopping (again to kill)");
    throw silent_exit{128 + signal};
  }
  if (!program_->has_ended())
    return;
  output_.read();
  output_.release();
  throw command_error{(where_.has_images() ? "Container" : "The model's server") +
                      std::string{" exited unexpectedly with status "} + std::to_string(program_->wait())};
}

http_answer started_model::ask(const http_question& question) {
  auto answer = client_->ask(question);
  if (answer.woken)
    check_alive();
  return answer;
}

/// The same, with news of how it goes: `look` is called ten times a second and says what is awaited now.
http_answer started_model::ask_telling(http_question question, const std::function<std::string()>& look) {
  wait_notice notice{messages_, "the model"};
  auto whole = question.body.size();
  question.on_wait = [&](uint64_t sent) {
    if (whole > large_body && sent < whole) {
      notice.set_what("the inputs to be sent");
      return notice.tell(progress_bar(sent, whole) + " of " + shown_bytes(whole));
    }
    notice.set_what(look ? look() : "the model");
    notice.tell();
  };
  return ask(question);
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
  auto answer = accept_answer(ask_telling({.method = "POST", .path = endpoint, .body = body}, {}), endpoint);
  json_error ignored;
  if (auto prediction = parse_json(std::string_view{answer}, ignored))
    messages_.pass_on(text_of(prediction->find("logs")));
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
      messages_.pass_on(event ? text_of(event->find("data")) : std::string{});
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
  auto answer =
    ask_telling({.method = "POST", .path = endpoint, .body = body, .accept = "text/event-stream", .on_body = take}, {});
  if (failure)
    std::rethrow_exception(failure);
  accept_answer(answer, endpoint);
  if (last.empty())
    throw command_error{"Failed to run prediction: the stream has ended without a result"};
  return last;
}

std::string started_model::create_and_watch(const std::string& endpoint, const std::string& body,
                                            const chunk_handler& on_chunk) {
  const std::string kept = "/predictions";
  if (ask({.path = kept}).status != 200)
    return create(endpoint, body);
  const std::string id = "/cog-run";
  model_client watcher{client_->url(), {signals_.descriptor(), program_->descriptor()}};
  view seen;
  std::string awaited;
  steady_clock::time_point next;
  // What takes long to be looked at, such as a long output, is looked at less often.
  auto look = [&] {
    auto begun = steady_clock::now();
    if (begun >= next) {
      awaited = look_at(watcher, kept + id, seen, on_chunk);
      next = begun + look_pause * (steady_clock::now() - begun);
    }
    return awaited;
  };
  auto answer = accept_answer(ask_telling({.method = "PUT", .path = endpoint + id, .body = body}, look), endpoint);
  json_error ignored;
  if (auto prediction = parse_json(std::string_view{answer}, ignored))
    show_new(*prediction, seen, on_chunk);
  return answer;
}

/// Shows what is new of a prediction, and says what it waits for.
std::string started_model::look_at(model_client& watcher, const std::string& path, view& seen,
                                   const chunk_handler& on_chunk) const {
  auto answer = watcher.ask({.path = path, .limit = look_limit});
  json_error ignored;
  auto prediction = parse_json(std::string_view{answer.body}, ignored);
  if (answer.status != 200 || !prediction)
    return "the model";
  show_new(*prediction, seen, on_chunk);
  return text_of(prediction->find("status")) == "starting" ? "the inputs to be fetched" : "the model";
}

void started_model::show_new(const json_value& prediction, view& seen, const chunk_handler& on_chunk) const {
  auto log = text_of(prediction.find("logs"));
  messages_.pass_on(std::string_view{log}.substr(std::min(seen.log, log.size())));
  seen.log = std::max(seen.log, log.size());
  auto* output = prediction.find("output");
  for (; on_chunk && output && seen.items < output->items.size(); ++seen.items)
    on_chunk(output->items[seen.items].raw);
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

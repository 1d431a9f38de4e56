#include "actors/courier.hpp"
#include "web/shown_url.hpp"
#include "web/webhook_signature.hpp"
#include "prediction/answer.hpp"
#include "version.hpp"
#include <algorithm>
#include <array>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr size_t most_waiting = 64;         // webhooks that are not terminal
constexpr size_t largest_kept = 4 * 1024;   // bytes of a terminal body in memory; 10,000 may wait
constexpr unsigned most_attempts = 13;      // of the terminal one
constexpr unsigned last_attempts = 4;       // of it, once the server stops
constexpr std::chrono::milliseconds first_pause{200};
constexpr unsigned most_doublings = 9;           // 102.4 s
constexpr uint64_t longest_retry_after = 3600;   // seconds
constexpr std::array retried{uint64_t{0}, uint64_t{429}, uint64_t{500}, uint64_t{502}, uint64_t{503}, uint64_t{504}};

body_ptr as_body(answer_text answer) {
  std::vector<body_part> parts;
  for (auto& piece : answer)
    std::visit([&](auto& content) { parts.emplace_back(std::move(content)); }, piece);
  return make_body(std::move(parts));
}

size_t text_bytes(const std::vector<body_part>& parts) {
  size_t sum = 0;
  for (auto& part : parts)
    if (auto text = text_of(part))
      sum += text->size();
  return sum;
}

}   // namespace

void courier_state::take(const prediction_event& event) {
  using kind = prediction_event::kind;
  switch (event.what) {
    case kind::start:
      so_far.status = prediction_status::processing;
      return enqueue(webhook_start);
    case kind::output:
      add_chunk(event);
      return enqueue(webhook_output);
    case kind::log:
      so_far.logs.append(event.text);
      return enqueue(webhook_logs);
    case kind::metric:
      return metrics.apply(event.mode, event.name, event.text.text);
    case kind::completed:
      ended = true;
      if (std::exchange(logs_held_back, false)) {
        last_sent = clock::time_point::min();
        enqueue(webhook_logs);
      }
      if (order->events & webhook_completed)
        end(*event.end);
      return enqueue(webhook_completed);
    case kind::truncated:
    case kind::queued:
      return;
  }
}

/// Makes the terminal body; while it waits, a large one lies in a file.
void courier_state::end(const prediction_snapshot& result) {
  self->send(links.webhook_registry, atom::enlist_v, courier_actor{self});
  last_holders = result.folders;
  auto body = as_body(state_answer(result));
  if (text_bytes(*body) <= largest_kept) {
    last_body = std::move(body);
    return;
  }
  last_holders.push_back(own_folder);
  auto ready = [this](const body_ptr& usable) {
    last_body = usable;
    send_next();
  };
  self->request(links.files, caf::infinite, atom::store_v, own_folder, body)
    .then(ready, [this, body, ready](const caf::error& error) {
      spdlog::warn("courier: body-kept-in-memory, id={} error={}", order->id, text_of(error));
      ready(body);
    });
}

void courier_state::add_chunk(const prediction_event& event) {
  auto& output = so_far.output;
  output.append(event.text, event.files);
  if (event.holder)
    so_far.folders.push_back(event.holder);
}

void courier_state::enqueue(webhook_event event) {
  if ((order->events & event) == 0)
    return send_next();
  auto now = clock::now();
  bool throttled = event == webhook_start || event == webhook_logs;
  if (throttled && last_sent != clock::time_point::min() && now - last_sent < config->webhook_interval) {
    logs_held_back = true;
    return;
  }
  if (event != webhook_completed) {
    last_sent = now;
    logs_held_back = false;
    if (waiting.size() >= most_waiting) {
      count(webhook_fate::collapsed, waiting.size());
      waiting.clear();   // the newest says all that they would have said
    }
  }
  waiting.push_back({event, so_far.output.json.size(), so_far.output.files.size(), so_far.logs.size(), {}});
  send_next();
}

void courier_state::send_next() {
  if (current)
    return;
  if (!waiting.empty()) {
    bool terminal = waiting.front().event == webhook_completed;
    if (terminal && !last_body)
      return;
    current = waiting.front();
    waiting.pop_front();
    if (!config->webhook_secrets.empty())
      current->id = make_webhook_id();
    attempts = 0;
    if (terminal)
      so_far = {};
    return post();
  }
  if (ended)
    self->quit();
}

post_job courier_state::make_job() const {
  post_job job;
  job.url = order->url;
  if (current->event == webhook_completed) {
    job.body = last_body;
    job.holders = last_holders;
  } else {
    auto state = so_far;
    state.output.json = state.output.json.part(0, current->output_bytes);
    state.output.files.resize(current->files);
    state.logs = state.logs.part(0, current->log_bytes);
    state.metrics = metrics.members();
    job.body = as_body(state_answer(state));
    job.holders = state.folders;
  }
  job.headers = {"Content-Type: application/json", "User-Agent: coglet/" + std::string{build_version}};
  if (config->webhook_token)
    job.private_headers.push_back("Authorization: Bearer " + *config->webhook_token);
  if (!order->traceparent.empty())
    job.headers.push_back("traceparent: " + order->traceparent);
  if (!order->tracestate.empty())
    job.headers.push_back("tracestate: " + order->tracestate);
  job.id = current->id;
  return job;
}

void courier_state::post() {
  ++attempts;
  pausing = false;
  self->request(links.transfers, caf::infinite, atom::post_v, make_job())
    .then([this](const post_outcome& outcome) { on_outcome(outcome); },
          [this](const caf::error& error) {
            on_outcome({0, 0, false, text_of(error)});
          });
}

void courier_state::on_outcome(const post_outcome& outcome) {
  bool taken = outcome.status >= 200 && outcome.status < 300;
  bool terminal = current->event == webhook_completed;
  if (terminal && !taken && !outcome.refused && attempts < (draining ? last_attempts : most_attempts) &&
      std::find(retried.begin(), retried.end(), outcome.status) != retried.end()) {
    std::chrono::milliseconds pause = first_pause * (1 << std::min(attempts - 1, most_doublings));
    if (!draining)
      pause = std::max<std::chrono::milliseconds>(
        pause, std::chrono::seconds{std::min(outcome.retry_after, longest_retry_after)});
    pausing = true;
    count(webhook_fate::retried);
    return self->delayed_send(self, pause, atom::tick_v);
  }
  if (!taken)
    spdlog::log(terminal ? spdlog::level::err : spdlog::level::warn,
                "courier: webhook-failed, id={} url={} status={} error={} attempts={}", order->id,
                shown_url(order->url), outcome.status, outcome.error, attempts);
  count(taken ? webhook_fate::sent : terminal ? webhook_fate::given_up : webhook_fate::failed);
  current.reset();
  send_next();
}

void courier_state::count(webhook_fate fate, uint64_t webhooks) {
  self->send(links.webhook_registry, atom::report_v, fate, webhooks);
}

void courier_state::give_up() {
  spdlog::error("courier: webhook-given-up, id={} url={} attempts={}: too many links wait", order->id,
                shown_url(order->url), attempts);
  count(webhook_fate::given_up);
  self->quit();
}

void courier_state::drain() {
  draining = true;
  attempts = pausing ? 0 : 1;
  if (pausing)
    post();
}

courier_actor::behavior_type courier(courier_actor::stateful_pointer<courier_state> self, courier_order order,
                                     courier_links links, folder_ptr own_folder,
                                     std::shared_ptr<const server_config> config) {
  self->state.so_far.id = order.id;
  self->state.order = std::move(order);
  self->state.links = std::move(links);
  self->state.own_folder = std::move(own_folder);
  self->state.config = std::move(config);
  return {
    [self](atom::event, const event_ptr& event) { self->state.take(*event); },
    [self](atom::drain) { self->state.drain(); },
    [self](atom::cancel) { self->state.give_up(); },
    [self](atom::tick) {
      if (self->state.pausing)
        self->state.post();
    },
  };
}

}   // namespace cog

#include "bench/measurement.hpp"
#include <algorithm>
#include <ctime>

namespace cog::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto sweep_interval = 50ms;
constexpr size_t longest_text = 300;       // bytes that are kept of what failed
constexpr auto time_for_doubles = 200ms;   // in which a webhook that was sent twice can still come

/// Seconds of processor time that this process has used.
double processor_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}   // namespace

measurement::measurement(net::io_context& io, const target& where, const load_settings& settings, const load_step& step,
                         const request_text& text, webhook_receiver* hooks, uint64_t first)
  : settings_{settings},
    step_{step},
    schedule_{settings, step},
    recorder_{settings, step},
    shared_{io, where, settings, text,
            [this](load_client& client, const outcome& what) { exchange_ended(client, what); }},
    hooks_{hooks},
    arrival_{io},
    sweeper_{io},
    first_{first},
    next_{first} {
  shared_.chunk_gaps = &recorder_.result().chunk_gap;
}

measurement::~measurement() {
  for (auto& client : clients_)
    client->leave();
  if (hooks_)
    hooks_->tell({});
}

void measurement::start(clock::time_point run_start, std::function<void()> on_end) {
  on_end_ = std::move(on_end);
  if (hooks_)
    hooks_->tell(
      [this](uint64_t number, prediction_end end, std::string_view body) { webhook_came(number, end, body); });
  begun_ = clock::now();
  processor_begun_ = processor_time();
  auto counting = begun_ + schedule_.warmup();
  recorder_.begin(counting, to_seconds(counting - run_start));
  sweep();
  if (step_.is_open())
    return arrivals();
  for (uint32_t i = 0; i < step_.clients; ++i)
    issue(clock::now());
}

/// Makes a request that is due, unless there are to be no more.
void measurement::issue(clock::time_point due) {
  auto moment = due - begun_;
  if (over_ || schedule_.is_over(moment, recorder_.result().requests)) {
    if (!over_)
      over_at_ = begun_ + (moment >= schedule_.end() ? schedule_.end() : schedule_.warmup());
    over_ = true;
    return;
  }
  load_request request{next_++, due, schedule_.counts(moment)};
  ++outstanding_;
  if (request.counted) {
    ++outstanding_counted_;
    recorder_.requested();
  }
  if (hooks_)
    pending_[request.number] = {request, false, {}, {}, {}};
  dispatch(request);
}

void measurement::dispatch(const load_request& request) {
  if (auto* client = idle_client())
    return client->send(request);
  line_.push_back(request);
  if (request.counted)
    ++recorder_.result().waited;
}

load_client* measurement::idle_client() {
  if (!idle_.empty()) {
    auto* client = idle_.back();
    idle_.pop_back();
    return client;
  }
  if (clients_.size() >= (step_.is_open() ? settings_.max_clients : step_.clients))
    return nullptr;
  clients_.push_back(std::make_shared<load_client>(shared_));
  return clients_.back().get();
}

void measurement::set_free(load_client& client) {
  if (line_.empty()) {
    idle_.push_back(&client);
    return;
  }
  auto request = line_.front();
  line_.pop_front();
  client.send(request);
}

void measurement::exchange_ended(load_client& client, const outcome& what) {
  auto request = client.request();
  if (settings_.kind == traffic::streams && request.counted)
    note_chunks(client);
  // Before the client is given away: the text of the outcome lies in it.
  bool has_ended = true;
  if (hooks_ && what.kind == failure::none)
    has_ended = accepted(request, client.ended());
  else
    request_ended(request, what, client.ended());
  set_free(client);
  if (has_ended)
    follow_up();
}

/// Whoever waited for the end of a request in a closed loop makes the next one.
void measurement::follow_up() {
  if (!step_.is_open())
    issue(clock::now());
  end_when_done();
}

void measurement::note_chunks(const load_client& client) {
  auto& chunks = client.chunks();
  auto& result = recorder_.result();
  result.chunks += chunks.count;
  if (chunks.count > 0)
    result.first_chunk.record(nanoseconds_between(client.request().due, chunks.first));
}

/// Has the request ended with it?
bool measurement::accepted(const load_request& request, clock::time_point now) {
  if (request.counted)
    recorder_.result().accepted.record(nanoseconds_between(request.due, now));
  auto& known = pending_[request.number];
  known.accepted = true;
  if (!known.came)
    return false;
  request_ended(request, *known.came, known.came_at);
  return true;
}

void measurement::webhook_came(uint64_t number, prediction_end end, std::string_view body) {
  auto now = clock::now();
  auto& result = recorder_.result();
  ++result.webhooks;
  if (number < first_ || number >= next_) {
    ++result.late_webhooks;
    return;
  }
  auto place = number - first_;
  if (told_.size() <= place)
    told_.resize(std::max<size_t>(2 * told_.size(), place + 1));
  auto known = pending_.find(number);
  if (known == pending_.end() || known->second.came)
    ++(told_[place] ? result.doubled_webhooks : result.late_webhooks);
  told_[place] = true;
  if (known == pending_.end() || known->second.came)
    return;
  outcome what;
  if (end != prediction_end::succeeded)
    what = {end == prediction_end::failed ? failure::failed_prediction : failure::wrong_answer, 0, body};
  if (!known->second.accepted) {
    known->second.text = what.text.substr(0, longest_text);
    known->second.came = outcome{what.kind, 0, known->second.text};
    known->second.came_at = now;
    return;
  }
  auto request = known->second.request;
  request_ended(request, what, now);
  follow_up();
}

void measurement::request_ended(const load_request& request, const outcome& what, clock::time_point now) {
  --outstanding_;
  if (request.counted) {
    --outstanding_counted_;
    if (what.kind == failure::none)
      recorder_.succeeded(request.due, now);
    else
      recorder_.failed(what, now);
  }
  if (hooks_)
    pending_.erase(request.number);
}

void measurement::arrivals() {
  auto now = clock::now();
  while (!over_) {
    auto due = begun_ + schedule_.due(next_ - first_);
    if (due > now)
      return wait(arrival_, due, &measurement::arrivals);
    issue(due);
  }
  end_when_done();
}

void measurement::wait(net::steady_timer& timer, clock::time_point until, void (measurement::*then)()) {
  timer.expires_at(until);
  timer.async_wait([this, then, alive = std::weak_ptr<char>{alive_}](boost::system::error_code ec) {
    if (!ec && !alive.expired() && !ended_)
      (this->*then)();
  });
}

/// Gives up what has taken too long.
void measurement::sweep() {
  auto now = clock::now();
  auto oldest = now - to_duration(settings_.timeout);
  sweep_clients(oldest);
  while (!line_.empty() && line_.front().due < oldest) {
    auto request = line_.front();
    line_.pop_front();
    request_ended(request, {failure::timeout, 0, "every connection was busy"}, now);
  }
  sweep_pending(oldest);
  end_when_done();
  if (!ended_)
    wait(sweeper_, now + sweep_interval, &measurement::sweep);
}

void measurement::sweep_clients(clock::time_point oldest) {
  auto is_late = [&](auto& client) { return client->is_busy() && client->request().due < oldest; };
  auto late = std::stable_partition(clients_.begin(), clients_.end(), [&](auto& client) { return !is_late(client); });
  std::vector<std::shared_ptr<load_client>> given_up{late, clients_.end()};
  clients_.erase(late, clients_.end());
  for (auto& client : given_up) {
    client->leave();
    request_ended(client->request(), {failure::timeout, 0, "no whole answer in time"}, clock::now());
    follow_up();
  }
  while (!given_up.empty() && !line_.empty()) {
    auto* client = idle_client();
    if (!client)
      return;
    set_free(*client);
  }
}

void measurement::sweep_pending(clock::time_point oldest) {
  std::vector<load_request> lost;
  for (auto& [number, hook] : pending_)
    if (hook.accepted && hook.request.due < oldest)
      lost.push_back(hook.request);
  for (auto& request : lost) {
    request_ended(request, {failure::lost_webhook, 0, "no terminal webhook in time"}, clock::now());
    follow_up();
  }
}

void measurement::end_when_done() {
  if (!over_ || outstanding_ > 0 || ended_ || lingers_)
    return;
  lingers_ = true;
  if (hooks_)
    wait(arrival_, clock::now() + time_for_doubles, &measurement::end);
  else
    end();
}

void measurement::interrupt() {
  if (ended_)
    return;
  over_ = true;
  auto now = clock::now();
  over_at_ = std::max(now, begun_ + schedule_.warmup());
  if (outstanding_counted_ > 0)
    recorder_.failed({failure::unanswered, 0, "interrupted"}, now, outstanding_counted_);
  outstanding_ = outstanding_counted_ = 0;
  end();
}

void measurement::end() {
  ended_ = true;
  arrival_.cancel();
  sweeper_.cancel();
  for (auto& client : clients_)
    client->leave();
  auto& result = recorder_.result();
  result.connections = shared_.connections;
  result.own_load = (processor_time() - processor_begun_) / std::max(to_seconds(clock::now() - begun_), 1e-9);
  on_end_();
}

step_result measurement::take_result() {
  return recorder_.finish(over_at_);
}

}   // namespace cog::bench

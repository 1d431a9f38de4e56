#include "actors/asked_prediction.hpp"
#include "actors/worker.hpp"
#include "caf_asio/asio_unit.hpp"
#include <algorithm>

// Between the rooms of a worker and the other actors.

namespace cog {

namespace {

/// Waking a sleeping thread takes 27 to 58 us (measured), twice a prediction: a wait shorter than that is spent awake.
constexpr std::chrono::microseconds short_wait{100};

/// The worker adds no others to its list.
asked_prediction& asked_for(running_prediction& prediction) {
  return static_cast<asked_prediction&>(prediction);
}

}   // namespace

caf::result<snapshot_ptr> worker::run(const request_ptr& asked, const prediction_links& links) {
  if (phase_ != worker_phase::ready || (model_->batch.size > 0 && !runs_.expects())) {
    // It was on its way when the process died. The router has heard of the death by now and finds another place.
    on_retired(asked, nullptr);
    return delegate(settings_->router, atom::rerun_v, asked, links);
  }
  auto promise = make_response_promise<snapshot_ptr>();
  auto prediction = std::make_unique<asked_prediction>(asked, links, promise, *settings_);
  if (links.courier)
    prediction->events.set_courier(teller(links.courier).tell);
  for (auto& stream : links.streams) {
    auto follower = teller(stream);
    follower.watches = std::find(links.watchers.begin(), links.watchers.end(), stream) != links.watchers.end();
    prediction->events.follow(std::move(follower));
  }
  runs_.add(std::move(prediction));
  if (!links.input_files) {
    stay_awake();
    return promise;
  }
  request(links.input_files, caf::infinite, atom::prepare_v)
    .then(
      [this, asked](const prepared_ptr& input) {
        runs_.on_input(asked, input);
        stay_awake();
      },
      [this, asked](const caf::error& error) { runs_.on_input_failed(asked, text_of(error)); });
  return promise;
}

void worker::stay_awake() {
  if (runs_.is_single() && runs_.last_took() < short_wait)
    caf_asio::stay_awake_until(clock::now() + short_wait);
}

void worker::run_batch(uint64_t number, uint64_t count) {
  if (phase_ == worker_phase::ready)
    runs_.begin_batch(number, count);
  else
    on_batch_over(number, 0);
}

void worker::cancel(const request_ptr& asked) {
  if (!runs_.cancel(asked))   // ended, or given back when the process had died: the router knows
    send(settings_->router, atom::cancel_v, asked);
}

caf::result<snapshot_ptr> worker::find(const std::string& id) {
  if (auto* prediction = runs_.find(id))
    return prediction->snapshot(model_->document.get());
  return delegate(settings_->router, atom::find_v, id);
}

event_follower worker::teller(const follower_actor& follower) {
  return {follower.id(), [this, follower](const event_ptr& event) { send(follower, atom::event_v, event); }};
}

caf::result<snapshot_ptr> worker::attach(const std::string& id, const follower_actor& follower) {
  auto* prediction = runs_.find(id);
  if (prediction == nullptr)
    return delegate(settings_->router, atom::attach_v, id, follower);
  if (!prediction->events.attach(teller(follower), most_followers))
    return make_error(errc::too_many_followers);
  asked_for(*prediction).links.streams.push_back(follower);
  return prediction->snapshot(model_->document.get());
}

caf::result<snapshot_ptr> worker::watch(const std::string& id, const follower_actor& watcher) {
  auto* prediction = runs_.find(id);
  if (prediction == nullptr)
    return delegate(settings_->router, atom::watch_v, id, watcher);
  if (prediction->begun)
    prediction->events.start();
  if (!prediction->events.watch(teller(watcher), most_followers))
    return make_error(errc::too_many_followers);
  auto& links = asked_for(*prediction).links;
  links.streams.push_back(watcher);
  links.watchers.push_back(watcher);
  return prediction->snapshot(model_->document.get());
}

void worker::detach(const std::string& id, const follower_actor& follower) {
  auto* prediction = runs_.find(id);
  if (prediction == nullptr)
    return;
  auto& links = asked_for(*prediction).links;
  std::erase(links.streams, follower);
  std::erase(links.watchers, follower);
  if (prediction->events.detach(follower.id()) && prediction->request->streamed && !prediction->events.has_followers())
    cancel(prediction->request);
}

caf::result<std::string> worker::check() {
  if (phase_ != worker_phase::ready)
    return std::string{};
  auto promise = make_response_promise<std::string>();
  checks_.ask(*process_, [promise](std::string problem) mutable { promise.deliver(std::move(problem)); });
  return promise;
}

void worker::on_released(const request_ptr& asked) {
  send(settings_->router, atom::release_v, index_, asked);
}

void worker::on_retired(const request_ptr& asked, const snapshot_ptr& end) {
  send(settings_->router, atom::retire_v, index_, asked, end);
}

void worker::on_batch_over(uint64_t number, double took) {
  send(settings_->router, atom::batch_v, index_, number, took);
}

void worker::upload(const running_prediction& prediction, const pending_ptr& output, size_t file) {
  auto& asked = prediction.request;
  request(settings_->transfers, caf::infinite, atom::store_v,
          upload_job{output->files[file], asked->id, prediction.output_folder})
    .then([this, asked, output, file](const std::string& url) { runs_.on_uploaded(asked, output, file, url); },
          [this, asked, output, file](const caf::error& error) {
            runs_.on_upload_failed(asked, output, file, text_of(error));
          });
}

void worker::stop_uploads(const folder& which) {
  send(settings_->transfers, atom::cancel_v, which.path);
}

}   // namespace cog

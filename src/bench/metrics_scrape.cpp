#include "bench/metrics_scrape.hpp"
#include "bench/schedule.hpp"

namespace cog::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 1s;
constexpr auto patience = 3s;   // with one look
const std::string nothing_known = "no sample of cog_slots in it: the server is none of ours";

load_settings scrape_settings(const target& where) {
  load_settings settings;
  settings.method = "GET";
  settings.path = where.path + "/metrics";
  return settings;
}

server_sample sample_of(const samples& all, double at) {
  server_sample found{.at = at};
  found.waiting = sum_of(all, "cog_predictions_waiting");
  found.slots = sum_of(all, "cog_slots");
  found.busy = found.slots - sum_of(all, "cog_slots_free");
  found.connections = sum_of(all, "cog_http_connections");
  found.workers = sum_of(all, "cog_workers{state=\"ready\"}");
  found.predictions = sum_of(all, "cog_predictions_total");
  return found;
}

}   // namespace

metrics_scrape::metrics_scrape(net::io_context& io, const target& where, clock::time_point run_start)
  : settings_{scrape_settings(where)},
    text_{settings_, where.host, "", ""},
    shared_{io, where, settings_, text_, [this](load_client&, const outcome& what) { looked(what); }},
    timer_{io},
    run_start_{run_start} {
  // nop
}

metrics_scrape::~metrics_scrape() {
  timer_.cancel();
  if (client_)
    client_->leave();
}

void metrics_scrape::start(std::function<void()> first) {
  then_ = std::move(first);
  look();
}

void metrics_scrape::finish(std::function<void()> done) {
  then_ = std::move(done);
  finishing_ = true;
  if (client_ && client_->is_busy())
    return;
  if (!before_)
    return std::exchange(then_, {})();
  look();
}

void metrics_scrape::look() {
  if (!client_)
    client_ = std::make_shared<load_client>(shared_);
  client_->send({0, clock::now(), true});
  timer_.expires_after(patience);
  timer_.async_wait([this, client = std::weak_ptr<load_client>{client_}](boost::system::error_code ec) {
    if (ec || client.expired())
      return;
    client_->leave();
    client_.reset();
    looked({failure::timeout, 0, "no answer"});
  });
}

void metrics_scrape::looked(const outcome& what) {
  timer_.cancel();
  if (what.kind != failure::none) {
    if (!before_)
      found_.problem = name_of(what);
  } else if (client_) {
    auto all = read_samples(client_->body());
    if (all.contains("cog_slots")) {
      found_.series.push_back(sample_of(all, to_seconds(clock::now() - run_start_)));
      if (!before_)
        before_ = all;
      found_.changes = changed_counters(*before_, all);
    } else if (!before_) {
      found_.problem = nothing_known;
    }
  }
  if (then_)
    std::exchange(then_, {})();
  if (!finishing_ && before_)
    wait();
}

void metrics_scrape::wait() {
  timer_.expires_after(look_interval);
  timer_.async_wait([this, client = std::weak_ptr<load_client>{client_}](boost::system::error_code ec) {
    if (!ec && !finishing_ && !client.expired())
      look();
  });
}

}   // namespace cog::bench

#include "bench/run.hpp"
#include "bench/measurement.hpp"
#include "bench/metrics_scrape.hpp"
#include "bench/progress.hpp"
#include "prediction/clock_text.hpp"
#include <sys/resource.h>

namespace cog::bench {

namespace {

constexpr size_t longest_input_shown = 2000;   // bytes

/// Every client is a descriptor.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// One run, from the first look at the server's metrics to the last.
class load_run {
public:
  load_run(const load_plan& plan, const interrupts& signals, run_report& report)
    : plan_{plan},
      signals_{signals},
      report_{report},
      hooks_{plan.settings.kind == traffic::webhooks
               ? std::make_unique<webhook_receiver>(io_, plan.settings.webhook_host)
               : nullptr},
      text_{plan.settings, plan.where.host, plan.inputs, hooks_ ? hooks_->url() : ""} {
    report_.request_bytes = text_.body_size();
  }

  void run() {
    watch_signals();
    scrape_.start([this] { next_step(); });
    io_.run();
    progress_.end();
    report_.server = scrape_.found();
  }

private:
  void watch_signals() {
    signal_.assign(dup(signals_.descriptor()));
    signal_.async_wait(net::posix::stream_descriptor::wait_read, [this](boost::system::error_code ec) {
      if (ec)
        return;
      if (signals_.take() != 0)
        interrupt();
      watch_again();
    });
  }

  void watch_again() {
    signal_.close();
    watch_signals();
  }

  /// The first ends the load, a further one the wait for the last look at the metrics.
  void interrupt() {
    if (report_.interrupted)
      io_.stop();
    report_.interrupted = true;
    if (measuring_)
      measuring_->interrupt();
  }

  void next_step() {
    if (report_.interrupted || report_.steps.size() == plan_.steps.size())
      return scrape_.finish([this] { io_.stop(); });
    measuring_ = std::make_unique<measurement>(io_, plan_.where, plan_.settings, plan_.steps[report_.steps.size()],
                                               text_, hooks_.get(), next_number_);
    progress_.begin(*measuring_, plan_.settings);
    // Not in the measurement's own call, which it would not survive.
    measuring_->start(start_, [this] { net::post(io_, [this] { take_step(); }); });
  }

  void take_step() {
    progress_.end();
    report_.steps.push_back(measuring_->take_result());
    next_number_ = measuring_->next_number();
    measuring_.reset();
    next_step();
  }

  const load_plan& plan_;
  const interrupts& signals_;
  run_report& report_;
  net::io_context io_{1};
  std::unique_ptr<webhook_receiver> hooks_;
  request_text text_;
  clock::time_point start_ = clock::now();
  metrics_scrape scrape_{io_, plan_.where, start_};
  progress progress_{io_, plan_.show_progress};
  net::posix::stream_descriptor signal_{io_};
  std::unique_ptr<measurement> measuring_;
  uint64_t next_number_ = 1;
};

}   // namespace

void run(const load_plan& plan, const interrupts& signals, run_report& report) {
  raise_file_limit();
  report.url = plan.where.url() + plan.settings.path.substr(plan.where.path.size());
  report.settings = plan.settings;
  report.input = plan.inputs.substr(0, longest_input_shown);
  report.where = this_machine();
  report.started_at = to_rfc3339(std::chrono::system_clock::now());
  load_run{plan, signals, report}.run();
}

}   // namespace cog::bench

#include "bench/progress.hpp"
#include "bench/report.hpp"
#include <iostream>

namespace cog::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view clear_line = "\r\x1b[K";

}   // namespace

progress::progress(net::io_context& io, bool shown) : timer_{io}, shown_{shown} {
  // nop
}

progress::~progress() {
  end();
}

void progress::begin(const measurement& what, const load_settings& settings) {
  what_ = &what;
  whole_ = settings.seconds ? settings.warmup + *settings.seconds : 0;
  ok_before_ = 0;
  timer_.expires_at(clock::now());
  if (shown_)
    wait();
}

void progress::end() {
  if (what_ && shown_)
    std::cerr << clear_line << std::flush;
  what_ = nullptr;
  timer_.cancel();
}

void progress::wait() {
  timer_.expires_at(timer_.expiry() + 1s);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (ec || !what_)
      return;
    tell();
    wait();
  });
}

void progress::tell() {
  auto& found = what_->so_far();
  auto passed = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - what_->begun()).count();
  auto of = whole_ > 0 ? "/" + short_number(whole_) : "";
  auto line = std::to_string(passed) + of + " s  " + name_of(found.step) + "  ";
  if (found.requests == 0) {
    line += "warming up";
  } else {
    line += shown_count(found.ok - ok_before_) + " answers/s  p50 " + shown_milliseconds(found.latency.percentile(50)) +
      " ms  p99 " + shown_milliseconds(found.latency.percentile(99)) + " ms  " + shown_count(found.failed) +
      (found.failed == 1 ? " error" : " errors");
  }
  ok_before_ = found.ok;
  std::cerr << clear_line << line << std::flush;
}

}   // namespace cog::bench

#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "web/curl_multi.hpp"
#include "web/upload.hpp"
#include <chrono>
#include <list>

namespace cog {

/// The uploads of the transfer actor: at most 8 at once of one prediction, each tried up to 5 times. How far those are
/// that take long is logged.
class upload_queue {
public:
  using promise_type = caf::typed_response_promise<std::string>;
  using clock = std::chrono::steady_clock;

  upload_queue(curl_multi& multi, const web_options& options, std::string base)
    : multi_{multi}, options_{options}, base_{std::move(base)} {
    // nop
  }

  void add(const upload_job& job, promise_type promise);
  /// False: it is none of these.
  bool finish(CURL* which, CURLcode code);
  /// Starts what may run by now, and tells of what has run for long.
  void start_due();
  /// When `start_due` has something to do at the latest; `max`: not before something ends.
  clock::time_point next_due() const;
  /// Gives up the files of the prediction that this folder belongs to.
  void cancel(const std::string& folder);
  void cancel_all();
  bool empty() const { return tasks_.empty(); }

private:
  /// `work` is null while it waits.
  struct task {
    upload_job job;
    promise_type promise;
    std::unique_ptr<upload> work{};
    unsigned attempts = 0;
    clock::time_point due = clock::time_point::min();
    clock::time_point begun = clock::now();
    std::chrono::milliseconds news{};   // after so long it is told of
  };

  void start(task& which);
  void tell(task& which, clock::time_point now) const;
  size_t running_of(const std::string& folder) const;
  void drop(task& which);

  curl_multi& multi_;
  const web_options& options_;
  std::string base_;        // --upload-url
  std::list<task> tasks_;   // in the order of arrival
};

}   // namespace cog

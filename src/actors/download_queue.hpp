#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "web/curl_multi.hpp"
#include "web/download.hpp"
#include <list>

namespace cog {

/// The downloads of the transfer actor: at most 8 at once into one folder.
class download_queue {
public:
  using promise_type = caf::typed_response_promise<std::string>;

  download_queue(curl_multi& multi, const web_options& options) : multi_{multi}, options_{options} {
    // nop
  }

  void add(const input_job& job, promise_type promise);
  /// False: it is none of these.
  bool finish(CURL* which, CURLcode code);
  /// Gives up what goes into the folder of this path.
  void cancel(const std::string& folder);
  void cancel_all();
  bool empty() const { return tasks_.empty(); }

private:
  /// `work` is null until it runs.
  struct task {
    input_job job;
    promise_type promise;
    std::unique_ptr<download> work;
  };

  void start_waiting();
  bool start(task& which);
  size_t running_into(const std::string& folder) const;
  void drop(task& which);

  curl_multi& multi_;
  const web_options& options_;
  std::list<task> tasks_;   // in the order of arrival
};

}   // namespace cog

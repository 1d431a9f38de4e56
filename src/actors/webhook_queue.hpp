#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "web/curl_multi.hpp"
#include "web/web_post.hpp"
#include <deque>
#include <unordered_map>

namespace cog {

/// The webhooks of the transfer actor. 128 places are shared by all hosts, and one host may hold as many as are left
/// free: a host that does not answer keeps half of them, and never those that the others need.
class webhook_queue {
public:
  using promise_type = caf::typed_response_promise<post_outcome>;

  webhook_queue(curl_multi& multi, const web_options& options) : multi_{multi}, options_{options} {
    // nop
  }

  void add(const post_job& job, promise_type promise);
  void finish(CURL* which, CURLcode code);
  void cancel_all();
  bool empty() const { return hosts_.empty(); }

private:
  struct delivery {
    post_job job;
    promise_type promise;
    std::string host;
    std::unique_ptr<web_post> work;   // once it runs
  };
  struct host {
    std::deque<delivery> waiting;   // in the order of arrival
    size_t running = 0;
  };

  void start_waiting();
  void start(host& where);

  curl_multi& multi_;
  const web_options& options_;
  std::unordered_map<std::string, host> hosts_;   // those with anything to do
  std::unordered_map<CURL*, delivery> running_;
};

}   // namespace cog

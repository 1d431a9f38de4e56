#pragma once
#include "actors/messages.hpp"
#include "io/web_post.hpp"
#include <list>
#include <memory>

namespace cog {

/// Downloads and sends webhooks with libcurl: at most 8 downloads at once into one folder, at most 64 webhooks. While transfers run it waits in libcurl, which a message
/// interrupts; else it sleeps in its mailbox. Spawn it detached: `system.spawn<transfer, caf::detached>(options)`.
class transfer : public transfer_actor::base {
public:
  transfer(caf::actor_config& cfg, download_options options);

  using transfer_actor::base::enqueue;   // the overloads that the next line would hide
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) override;
  const char* name() const override;
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  /// One download that was asked for; `work` is null until it runs.
  struct task {
    input_job job;
    caf::typed_response_promise<std::string> promise;
    std::unique_ptr<download> work;
  };

  /// One webhook; `work` is null until it runs.
  struct delivery {
    post_job job;
    caf::typed_response_promise<post_outcome> promise;
    std::unique_ptr<web_post> work;
  };

  caf::result<post_outcome> post(const post_job& job);
  void start_posts();
  void keep_going();
  void finish(CURL* which, CURLcode code);
  caf::result<std::string> fetch(const input_job& job);
  void cancel(const std::string& folder);
  void perform();
  void start_waiting();
  bool start(task& which);
  size_t running_into(const std::string& folder) const;
  void drop(task& which);

  download_options options_;
  curl_multi multi_;
  std::list<task> tasks_;       // in the order of arrival
  std::list<delivery> posts_;   // in the order of arrival
  size_t posts_running_ = 0;
  bool performing_ = false;
};

}   // namespace cog

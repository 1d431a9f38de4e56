#pragma once
#include "actors/messages.hpp"
#include "io/curl.hpp"
#include <list>
#include <memory>

namespace cog {

/// Downloads with libcurl, at most 8 at once into one folder. While transfers run it waits in libcurl, which a message
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

  caf::result<std::string> fetch(const input_job& job);
  void cancel(const std::string& folder);
  void perform();
  void start_waiting();
  bool start(task& which);
  size_t running_into(const std::string& folder) const;
  void drop(task& which);

  download_options options_;
  curl_multi multi_;
  std::list<task> tasks_;   // in the order of arrival
  bool performing_ = false;
};

} // namespace cog

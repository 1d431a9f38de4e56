#pragma once
#include "actors/download_queue.hpp"
#include "actors/webhook_queue.hpp"
#include "actors/upload_queue.hpp"

namespace cog {

/// Downloads, uploads and sends webhooks with libcurl. While transfers run it waits in libcurl, which a message
/// interrupts; else it sleeps in its mailbox. Spawn it detached: `system.spawn<transfer, caf::detached>(options, url)`.
class transfer : public transfer_actor::base {
public:
  /// `upload_url`: where uploads go; may be empty when there are none.
  transfer(caf::actor_config& cfg, web_options options, std::string upload_url);

  using transfer_actor::base::enqueue;   // the overloads that the next line would hide
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) override;
  const char* name() const override;
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  template <class T, class Line, class Job>
  caf::result<T> take(Line& line, const Job& job);
  void perform();

  web_options options_;
  curl_multi multi_;
  download_queue downloads_;
  upload_queue uploads_;
  webhook_queue posts_;
  bool performing_ = false;
};

}   // namespace cog

#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "io/source_watch.hpp"
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cog {

/// What follows from a change of these files; its version is filled in by whoever asks.
using source_reader = std::function<model_source(const std::vector<std::string>& changed)>;

/// Waits for changes of the project's files and tells the router of each, once no more have come for a moment. It waits
/// in the kernel, which a message interrupts. Spawn it detached:
/// `system.spawn<reloader, caf::detached>(std::move(watch), router, read)`, and send it a first `tick`.
class reloader : public reloader_actor::base {
public:
  reloader(caf::actor_config& cfg, std::shared_ptr<source_watch> watch, router_actor router, source_reader read);

  using reloader_actor::base::enqueue;   // the overloads that the next line would hide
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) override;
  const char* name() const override { return "reloader"; }
  void on_exit() override;

protected:
  behavior_type make_behavior() override;

private:
  void begin();
  /// Returns when some file may have changed and then none for a moment, or (false) there is a message.
  bool wait_for_changes();
  void tell();
  void tell_problem(std::string text);
  void warn();

  std::shared_ptr<source_watch> watch_;
  router_actor router_;
  source_reader read_;
  unique_fd wakes_;   // an eventfd
  uint64_t version_ = 0;
  bool begun_ = false;
};

}   // namespace cog

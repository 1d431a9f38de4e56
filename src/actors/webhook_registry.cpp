#include "actors/webhook_registry.hpp"
#include "pool/pool_metrics.hpp"
#include <string_view>

namespace cog {

namespace {

constexpr size_t most_waiting = 10'000;
constexpr std::array<std::string_view, 5> fates{"sent", "failed", "retried", "given_up", "collapsed"};

}   // namespace

void webhook_registry_state::enlist(const courier_actor& courier) {
  self->monitor(courier);
  places[courier.id()] = waiting.insert(waiting.end(), courier);
  if (waiting.size() <= most_waiting)
    return;
  auto longest = waiting.front();
  forget(longest.id());
  self->send(longest, atom::cancel_v);
}

void webhook_registry_state::forget(caf::actor_id courier) {
  auto found = places.find(courier);
  if (found == places.end())
    return;
  waiting.erase(found->second);
  places.erase(found);
}

std::string webhook_registry_state::metrics_text() const {
  std::string out;
  append_metric_head(out, "cog_webhooks_total", "counter", "Webhooks by what has become of them.");
  for (size_t i = 0; i < fates.size(); ++i)
    out += "cog_webhooks_total{outcome=\"" + std::string{fates[i]} + "\"} " + std::to_string(counts[i]) + "\n";
  append_metric_head(out, "cog_webhooks_waiting", "gauge", "Terminal webhooks that nobody has taken yet.");
  return out + "cog_webhooks_waiting " + std::to_string(waiting.size()) + "\n";
}

webhook_registry_actor::behavior_type webhook_registry(
  webhook_registry_actor::stateful_pointer<webhook_registry_state> self) {
  self->state.self = self;
  self->set_down_handler([self](const caf::down_msg& down) { self->state.forget(down.source.id()); });
  return {
    [self](atom::enlist, const courier_actor& courier) { self->state.enlist(courier); },
    [self](atom::report, webhook_fate fate, uint64_t webhooks) {
      self->state.counts[static_cast<size_t>(fate)] += webhooks;
    },
    [self](atom::check) {
      return webhook_counts{self->state.waiting.size(),
                            self->state.counts[static_cast<size_t>(webhook_fate::given_up)]};
    },
    [self](atom::metrics) { return self->state.metrics_text(); },
  };
}

}   // namespace cog

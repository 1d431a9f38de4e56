#include "prediction/event_history.hpp"

namespace cog {

void event_history::add(event_ptr event) {
  if (++count_ <= capacity_)
    events_.push_back(std::move(event));
  else
    std::vector<event_ptr>{}.swap(events_);
}

std::vector<event_ptr> event_history::replay() const {
  if (!truncated())
    return events_;
  auto gap = std::make_shared<prediction_event>();
  gap->what = prediction_event::kind::truncated;
  gap->index = count_ - capacity_;
  return {std::move(gap)};
}

}   // namespace cog

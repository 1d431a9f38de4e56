#include "pool/batch_rule.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr double weight_of_last = 0.25;   // in the moving average of durations

}   // namespace

batch_rule::batch_rule(uint64_t largest, seconds longest)
  : largest_{std::max<uint64_t>(largest, 1)}, longest_{longest}, gaps_(2 * largest_) {
  // nop
}

/// One that is not known counts as the nearest known one of fewer items, else as the duration of a batch.
batch_rule::seconds batch_rule::gap(uint64_t count, bool waited) const {
  for (; count > 0; --count)
    if (auto known = gaps_[place_of(count, waited)])
      return *known;
  return *usual_;
}

void batch_rule::learn(const note& noted, clock::time_point now) {
  bool waited = noted.place >= largest_;
  auto count = noted.place - (waited ? largest_ : 0) + 1;
  gaps_[noted.place] = (gap(count, waited) + std::min(seconds{now - noted.since}, *usual_)) / 2;
}

void batch_rule::arrived(std::string_view key, clock::time_point now) {
  std::erase_if(notes_, [&](const note& noted) {
    bool is_over = noted.key == key || now - noted.since >= *usual_;
    if (is_over)
      learn(noted, now);
    return is_over;
  });
}

void batch_rule::ended(seconds took) {
  usual_ = usual_ ? *usual_ + weight_of_last * (took - *usual_) : took;
}

/// Since when it has been faced without a next item.
batch_rule::clock::time_point batch_rule::take_note(std::string_view key, uint64_t count, bool waited,
                                                    clock::time_point now) {
  auto place = place_of(count, waited);
  for (auto& noted : notes_)
    if (noted.place == place && noted.key == key)
      return noted.since;
  notes_.push_back({std::string{key}, place, now});
  return now;
}

batch_rule::verdict batch_rule::look(std::string_view key, uint64_t count, bool waited, clock::time_point now) {
  if (!faced_since_)
    faced_since_ = now;
  if (count >= largest_)
    return {.close = batch_close::full};
  if (!usual_)
    return {.close = batch_close::gap};
  auto since = take_note(key, count, waited, now);
  auto items = static_cast<double>(count);
  auto expected = std::max(gap(count, waited), seconds{now - since});
  if (items * expected >= *usual_ / 2)
    return {.close = batch_close::gap};
  auto left = longest_ - held(now);
  if (left <= seconds::zero())
    return {.close = batch_close::wait};
  return {.close = {}, .again = now + std::chrono::ceil<clock::duration>(std::min(left, *usual_ / items))};
}

}   // namespace cog

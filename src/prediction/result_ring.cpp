#include "prediction/result_ring.hpp"
#include "prediction/json_tree.hpp"

namespace cog {

void result_ring::add(entry finished) {
  if (!keeps_any())
    return;
  kept next;
  next.json_bytes = finished.result->output.json.size() + finished.result->logs.size() + finished.request->body.size();
  for (auto& file : finished.result->output.files)
    next.file_bytes += file.size;
  if (auto old = places_.find(finished.result->id); old != places_.end()) {
    ring_[old->second - dropped_].replaced = true;
    places_.erase(old);
    --live_;
  }
  json_bytes_ += next.json_bytes;
  file_bytes_ += next.file_bytes;
  next.what = std::move(finished);
  places_.emplace(next.what.result->id, dropped_ + ring_.size());
  ring_.push_back(std::move(next));
  ++live_;
  while (ring_.front().replaced || live_ > limits_.entries || json_bytes_ > limits_.json_bytes ||
         file_bytes_ > limits_.file_bytes) {
    drop_oldest();
    if (ring_.empty())
      break;
  }
}

void result_ring::drop_oldest() {
  auto& oldest = ring_.front();
  json_bytes_ -= oldest.json_bytes;
  file_bytes_ -= oldest.file_bytes;
  if (!oldest.replaced) {
    places_.erase(oldest.what.result->id);
    --live_;
  }
  ring_.pop_front();
  ++dropped_;
}

const result_ring::entry* result_ring::find(const std::string& id) const {
  auto found = places_.find(id);
  return found == places_.end() ? nullptr : &ring_[found->second - dropped_].what;
}

std::vector<snapshot_ptr> result_ring::list() const {
  std::vector<snapshot_ptr> results;
  for (auto& kept : ring_)
    if (!kept.replaced)
      results.push_back(kept.what.result);
  return results;
}

bool same_input(const prediction_request& left, const prediction_request& right) {
  auto same = [](std::string_view a, std::string_view b) { return a == b || compact_sorted(a) == compact_sorted(b); };
  return same(left.input_json(), right.input_json()) && same(left.context_json(), right.context_json());
}

}   // namespace cog

#include "prediction/result_ring.hpp"

namespace cog {

namespace {

uint64_t json_size(const prediction_snapshot& result) {
  return result.memory + result.error.size();
}

uint64_t file_size(const prediction_snapshot& result) {
  uint64_t bytes = 0;
  for (auto& file : result.output.files)
    bytes += file.size;
  return bytes;
}

}   // namespace

bool result_ring::limits::admits(const prediction_snapshot& result) const {
  return entries > 0 && json_size(result) <= json_bytes && file_size(result) <= file_bytes;
}

void result_ring::add(const prediction_request& request, snapshot_ptr result) {
  if (!keeps_any())
    return;
  kept next{{input_mark{request}, std::move(result)}};
  auto& finished = next.what;
  next.json_bytes = json_size(*finished.result) + finished.asked.bytes();
  next.file_bytes = file_size(*finished.result);
  if (auto old = places_.find(finished.result->known_as()); old != places_.end()) {
    ring_[old->second - dropped_].replaced = true;
    places_.erase(old);
    --live_;
  }
  json_bytes_ += next.json_bytes;
  file_bytes_ += next.file_bytes;
  places_.emplace(next.what.result->known_as(), dropped_ + ring_.size());
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
    places_.erase(oldest.what.result->known_as());
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

}   // namespace cog

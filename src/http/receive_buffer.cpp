#include "http/receive_buffer.hpp"
#include "io/memory_reserve.hpp"
#include <algorithm>
#include <new>

namespace cog {

namespace {

constexpr size_t least = 4 * 1024;         // of an idle connection
constexpr uint64_t largest = 256 * 1024;   // while a long body comes

}   // namespace

void receive_buffer::shrink() {
  clear();
  if (bytes_.size() <= least)
    return;
  std::string{}.swap(bytes_);
  memory_.set(0);
}

std::span<char> receive_buffer::room(uint64_t expected) {
  if (begin_ == end_)
    clear();
  if (end_ == bytes_.size() && begin_ > 0) {
    bytes_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (!grow(expected))
    return {};
  return {bytes_.data() + end_, bytes_.size() - end_};
}

/// False: there is no memory for a single byte.
bool receive_buffer::grow(uint64_t expected) {
  bool full = end_ == bytes_.size();
  uint64_t doubled = std::max(least, bytes_.size() * 2);
  auto wanted = std::min(largest, std::max(expected, full ? doubled : bytes_.size()));
  if (wanted <= bytes_.size())
    return true;
  if (full && wanted > least)
    memory_.set(wanted);
  else if (!full && !memory_.grow_to(wanted))
    return true;
  try {
    refusable_memory refusable;
    bytes_.resize(wanted);
  } catch (const std::bad_alloc&) {
    return !full;
  }
  return true;
}

}   // namespace cog

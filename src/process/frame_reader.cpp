#include "io/byte_order.hpp"
#include "process/frame.hpp"
#include "io/memory_reserve.hpp"
#include <algorithm>
#include <cstring>

namespace cog {

std::span<char> frame_reader::prepare() {
  auto size = end_ - begin_;
  auto needed = std::max(wanted(), smallest_buffer);
  if (capacity_ < needed || (size == 0 && capacity_ > buffer_to_keep)) {
    make_room(needed);
  } else if (size == 0) {
    begin_ = end_ = 0;
  } else if (begin_ + needed > capacity_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, size);
    begin_ = 0;
    end_ = size;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void frame_reader::commit(size_t count) {
  end_ += count;
}

std::optional<frame> frame_reader::next() {
  auto size = end_ - begin_;
  auto whole = wanted();
  if (whole > frame_header_size + largest_frame) {
    problem_ = "a frame of " + std::to_string(whole - frame_header_size) + " bytes is over the limit of 1 GiB";
    begin_ = end_ = 0;
  }
  if (!problem_.empty() || size < frame_header_size || size < whole)
    return std::nullopt;
  auto* start = buffer_.get() + begin_;
  begin_ += whole;
  return frame{static_cast<frame_kind>(start[4]), {start + frame_header_size, whole - frame_header_size}};
}

/// The bytes of the frame that has begun, as far as is known.
size_t frame_reader::wanted() const {
  if (end_ - begin_ < frame_header_size)
    return frame_header_size;
  return frame_header_size + load<uint32_t>({buffer_.get() + begin_, frame_header_size});
}

void frame_reader::make_room(size_t capacity) {
  std::optional<refusable_memory> refusable;
  if (capacity > buffer_to_keep)
    refusable.emplace();
  auto size = end_ - begin_;
  auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
  if (size > 0)
    std::memcpy(bigger.get(), buffer_.get() + begin_, size);
  buffer_ = std::move(bigger);
  capacity_ = capacity;
  begin_ = 0;
  end_ = size;
}

}   // namespace cog

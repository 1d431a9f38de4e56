#include "prediction/shared_text.hpp"
#include <algorithm>
#include <array>
#include <utility>

namespace cog {

namespace {

constexpr size_t small_block = 448;             // bytes, in one allocation with their owner
constexpr size_t long_piece = 16 * 1024;        // bytes
constexpr size_t largest_growth = 256 * 1024;   // bytes of a block that is not filled at once

struct small_text {
  memory_lease counted;
  std::array<char, small_block> bytes;
};

struct large_text {
  memory_lease counted;
  std::unique_ptr<char[]> bytes;
};

}   // namespace

text_slice make_slice(std::string text) {
  auto holder = std::make_shared<const std::string>(std::move(text));
  std::string_view content{*holder};
  return {std::move(holder), content};
}

shared_text::shared_text(std::string text) {
  if (!text.empty())
    append(make_slice(std::move(text)));
}

void shared_text::append(const text_slice& slice, std::string_view separator) {
  auto text = slice.text;
  if (!slices_.empty() && slices_.back().holder == slice.holder && slice.holder) {
    auto& last = slices_.back().text;
    auto gap = static_cast<size_t>(separator.size());
    if (last.data() + last.size() + gap == text.data() && last.data()[last.size()] == (gap ? separator[0] : text[0])) {
      last = {last.data(), last.size() + gap + text.size()};
      size_ += gap + text.size();
      return;
    }
  }
  if (!separator.empty())
    slices_.push_back({nullptr, separator});
  if (!text.empty())
    slices_.push_back(slice);
  size_ += separator.size() + text.size();
}

shared_text shared_text::part(size_t offset, size_t length) const {
  shared_text result;
  for (auto& slice : slices_) {
    if (length == 0)
      break;
    if (offset >= slice.text.size()) {
      offset -= slice.text.size();
      continue;
    }
    auto text = slice.text.substr(std::exchange(offset, 0), length);
    length -= text.size();
    result.append({slice.holder, text});
  }
  return result;
}

std::string shared_text::str() const {
  std::string text;
  text.reserve(size_);
  for (auto& slice : slices_)
    text += slice.text;
  return text;
}

std::string_view text_reader::ahead() {
  while (next_ != end_ && taken_ == next_->text.size()) {
    ++next_;
    taken_ = 0;
  }
  return next_ == end_ ? std::string_view{} : next_->text.substr(taken_);
}

text_slice text_reader::take(size_t bytes) {
  auto text = ahead().substr(0, bytes);
  taken_ += text.size();
  return {text.empty() ? nullptr : next_->holder, text};
}

text_slice text_buffer::append(std::string_view text, std::string_view separator) {
  auto bytes = text.size() + separator.size();
  if (bytes == 0 || (bytes > room_ && !make_room(bytes)))
    return {};
  auto* start = free_ + separator.copy(free_, separator.size());
  text.copy(start, text.size());
  free_ += bytes;
  room_ -= bytes;
  return {block_, {start, text.size()}};
}

bool text_buffer::make_room(size_t bytes) {
  if (bytes >= long_piece)
    return take_block(bytes);
  return take_block(std::max(bytes, std::min(next_size_, largest_growth))) || take_block(bytes);
}

bool text_buffer::take_block(size_t bytes) {
  memory_lease counted{account_};
  bool is_small = bytes <= small_block;
  if (!counted.grow_to(is_small ? sizeof(small_text) : bytes))
    return false;
  allocated_ += is_small ? sizeof(small_text) : bytes;
  if (is_small) {
    auto block = std::make_shared_for_overwrite<small_text>();
    block->counted = std::move(counted);
    free_ = block->bytes.data();
    room_ = block->bytes.size();
    block_ = std::move(block);
  } else {
    auto block = std::make_shared<large_text>();
    block->counted = std::move(counted);
    block->bytes = std::make_unique_for_overwrite<char[]>(bytes);
    free_ = block->bytes.get();
    room_ = bytes;
    block_ = std::move(block);
  }
  next_size_ = 2 * room_;
  return true;
}

}   // namespace cog

#include "io/body_reader.hpp"
#include "io/base64.hpp"
#include "io/text.hpp"
#include "prediction/answer.hpp"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr uint64_t piece_bytes = 48 * 1024;   // read at once; a multiple of 3, so that base64 joins without padding

}   // namespace

std::optional<std::string_view> text_of(const body_part& part) {
  if (auto* own = std::get_if<std::string>(&part))
    return *own;
  if (auto* shared = std::get_if<text_slice>(&part))
    return shared->text;
  return std::nullopt;
}

uint64_t body_reader::size() const {
  uint64_t sum = 0;
  for (auto& part : *parts_) {
    if (auto text = text_of(part))
      sum += text->size();
    else if (auto* raw = std::get_if<raw_file>(&part))
      sum += raw->size;
    else
      sum += content_length({std::get<output_file>(part)});
  }
  return sum;
}

std::optional<size_t> body_reader::read(char* target, size_t capacity) {
  size_t count = 0;
  while (count < capacity) {
    if (now_.empty() && !fill())
      break;
    auto length = std::min(now_.size(), capacity - count);
    std::memcpy(target + count, now_.data(), length);
    now_.remove_prefix(length);
    count += length;
  }
  if (!problem_.empty())
    return std::nullopt;
  return count;
}

void body_reader::rewind() {
  part_ = 0;
  done_ = 0;
  file_.reset();
  now_ = {};
  problem_.clear();
}

/// False at the end, and after a failure.
bool body_reader::fill() {
  while (now_.empty() && part_ < parts_->size() && problem_.empty()) {
    auto& part = (*parts_)[part_];
    if (auto text = text_of(part)) {
      now_ = *text;
      ++part_;
    } else if (auto* shown = std::get_if<output_file>(&part)) {
      fill_from({shown->path, 0, shown->size}, shown);
    } else {
      fill_from(std::get<raw_file>(part), nullptr);
    }
  }
  return !now_.empty();
}

bool body_reader::fill_from(const raw_file& file, const output_file* shown) {
  auto fail = [this](std::string problem) {
    problem_ = std::move(problem);
    return false;
  };
  buffer_.clear();
  if (!file_) {
    file_.reset(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_)
      return fail(errno_text(errno, file.path));
    if (shown != nullptr)
      buffer_ = data_url_prefix(shown->mime);
  }
  std::string bytes(std::min(piece_bytes, file.size - done_), '\0');
  for (size_t have = 0; have < bytes.size();) {
    auto at = static_cast<off_t>(file.offset + done_ + have);
    auto count = ::pread(file_.get(), bytes.data() + have, bytes.size() - have, at);
    if (count > 0)
      have += static_cast<size_t>(count);
    else if (count == 0)
      return fail("The file has become shorter: '" + file.path + "'");
    else if (errno != EINTR)
      return fail(errno_text(errno, file.path));
  }
  done_ += bytes.size();
  if (shown != nullptr)
    append_base64(buffer_, bytes);
  else
    buffer_ = std::move(bytes);
  if (done_ == file.size) {
    if (shown != nullptr)
      buffer_ += '"';
    file_.reset();
    done_ = 0;
    ++part_;
  }
  now_ = buffer_;
  return true;
}

}   // namespace cog

#include "http/body_stream.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr uint64_t piece_bytes = 3 * 256 * 1024;   // a multiple of 3: base64 of pieces joins without padding

}   // namespace

body_stream::step body_stream::next() {
  auto& part = parts_[front_];
  if (auto* file = std::get_if<output_file>(&part))
    return next_of_file(*file);
  ++front_;
  return {std::move(std::get<std::string>(part)), {}};
}

body_stream::step body_stream::next_of_file(const output_file& file) {
  step result;
  if (offset_ == 0)
    result.text = data_url_prefix(file.mime);
  if (offset_ < file.size) {
    auto length = std::min(piece_bytes, file.size - offset_);
    result.piece = file_piece{file.path, offset_, length};
    offset_ += length;
    return result;
  }
  result.text += '"';
  offset_ = 0;
  ++front_;
  return result;
}

}   // namespace cog

#include "http/body_stream.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr uint64_t piece_bytes = 3 * 256 * 1024;   // a multiple of 3: base64 of pieces joins without padding
constexpr uint64_t text_bytes = 64 * 1024;         // of a long text at a time

}   // namespace

body_stream::step body_stream::next() {
  auto& part = parts_[front_];
  if (auto* file = std::get_if<output_file>(&part))
    return next_of_file(*file);
  if (auto* file = std::get_if<raw_file>(&part))
    return next_of_bytes(*file);
  if (auto* slice = std::get_if<text_slice>(&part))
    return next_of_text(*slice);
  ++front_;
  return {std::move(std::get<std::string>(part)), {}};
}

body_stream::step body_stream::next_of_text(const text_slice& slice) {
  auto piece = slice.text.substr(offset_, text_bytes);
  offset_ += piece.size();
  if (offset_ == slice.text.size()) {
    offset_ = 0;
    ++front_;
  }
  return {std::string{piece}, {}};
}

body_stream::step body_stream::next_of_file(const output_file& file) {
  step result;
  if (offset_ == 0 && !file.bare)
    result.text = data_url_prefix(file.mime);
  if (offset_ < file.size) {
    auto length = std::min(piece_bytes, file.size - offset_);
    result.piece = file_piece{.path = file.path, .offset = offset_, .length = length};
    offset_ += length;
    return result;
  }
  if (!file.bare)
    result.text += '"';
  offset_ = 0;
  ++front_;
  return result;
}

body_stream::step body_stream::next_of_bytes(const raw_file& file) {
  step result;
  auto length = std::min(piece_bytes, file.size - offset_);
  if (length > 0)
    result.piece = file_piece{.path = file.path, .offset = file.offset + offset_, .length = length, .raw = true};
  offset_ += length;
  if (offset_ == file.size) {
    offset_ = 0;
    ++front_;
  }
  return result;
}

}   // namespace cog

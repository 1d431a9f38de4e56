#pragma once
#include "prediction/multipart_parser.hpp"
#include <algorithm>
#include <string>
#include <string_view>

namespace cog {

/// Writes down the parts of a body, one line for each, and how it ended.
struct part_recorder : part_taker {
  void on_part(part_head head) override {
    text += head.name + "|" + head.file_name.value_or("-") + "|" + head.content_type + "|";
  }
  void on_data(std::string_view bytes) override { text += bytes; }
  void on_part_end() override { text += "|\n"; }

  std::string text;
};

/// The body given in pieces, the first of `first` bytes, the others of `others`.
inline std::string parts_of(std::string_view body, std::string_view boundary, size_t first, size_t others) {
  part_recorder parts;
  multipart_parser parser{boundary};
  for (size_t at = 0, length = first; at < body.size(); at += length, length = std::max<size_t>(others, 1))
    if (!parser.take(body.substr(at, length), parts))
      break;
  parser.finish();
  return parts.text + parser.problem();
}

}   // namespace cog

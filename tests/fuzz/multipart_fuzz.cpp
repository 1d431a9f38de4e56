#include "prediction/multipart_parser.hpp"
#include <cstdlib>
#include <string>

// A multipart body given whole, and in pieces whose lengths the first bytes tell: the same parts and the same problem
// must come of it.

namespace {

struct recorder : cog::part_taker {
  void on_part(cog::part_head head) override {
    parts += head.name + '|' + head.file_name.value_or("-") + '|' + head.content_type + '|';
  }
  void on_data(std::string_view bytes) override { parts += bytes; }
  void on_part_end() override { parts += "|\n"; }

  std::string parts;
};

template <class Length>
std::string parts_of(std::string_view body, Length length) {
  recorder parts;
  cog::multipart_parser parser{"b"};
  for (size_t at = 0; at < body.size();) {
    auto piece = body.substr(at, length());
    at += piece.size();
    if (!parser.take(piece, parts))
      break;
  }
  parser.finish();
  return parts.parts + parser.problem();
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t lengths = 4;
  if (size < lengths)
    return 0;
  std::string_view body{reinterpret_cast<const char*>(data) + lengths, size - lengths};
  size_t turn = 0;
  auto whole = parts_of(body, [&] { return body.size(); });
  if (whole != parts_of(body, [&] { return size_t{1} + data[turn++ % lengths]; }))
    std::abort();
  return 0;
}

#include "json/json_tree.hpp"
#include "prediction/request.hpp"
#include <array>
#include <cstdio>
#include <cstdlib>

// Reads texts, each with its length (u32, little endian) in front, from standard input until its end. Writes a line for
// each: what `parse_request` takes it for (`accept` also when only its shape is wrong), then whether it is JSON for
// `parse_json`.

namespace {

bool read_text(std::string& text) {
  std::array<unsigned char, 4> head{};
  if (std::fread(head.data(), 1, head.size(), stdin) != head.size())
    return false;
  text.resize(head[0] | head[1] << 8 | head[2] << 16 | static_cast<size_t>(head[3]) << 24);
  return std::fread(text.data(), 1, text.size(), stdin) == text.size();
}

}   // namespace

int main() {
  for (std::string text; read_text(text);) {
    cog::prediction_request request;
    auto error = cog::parse_request(text, nullptr, request);
    cog::json_error problem;
    auto tree = cog::parse_json(text, problem);
    std::printf("%s %s\n", error && error->malformed ? "refuse" : "accept", tree ? "accept" : "refuse");
  }
}

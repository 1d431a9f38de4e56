#include "prediction/multipart_parser.hpp"
#include <iostream>
#include <string>

// Reads bodies from standard input, each as a line with its length and then its bytes, boundary `b`; writes for each what
// it was taken for, a line of hex: name, file name, type and content of each part, or `bad`.

namespace {

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (unsigned char byte : bytes)
    out.append({digits[byte >> 4], digits[byte & 15]});
}

struct printer : cog::part_taker {
  void on_part(cog::part_head head) override {
    append_hex(parts, head.name);
    parts += ',';
    append_hex(parts, head.file_name.value_or(""));
    parts += ',';
    append_hex(parts, head.content_type);
    parts += ',';
  }
  void on_data(std::string_view bytes) override { append_hex(parts, bytes); }
  void on_part_end() override { parts += ';'; }

  std::string parts;
};

}   // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string body(std::stoul(line), '\0');
    std::cin.read(body.data(), static_cast<std::streamsize>(body.size()));
    printer parts;
    cog::multipart_parser parser{"b"};
    bool sound = parser.take(body, parts) && parser.finish();
    std::cout << (sound ? parts.parts : "bad") << '\n';
  }
}

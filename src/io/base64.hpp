#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cog {

/// Appends `bytes` in base64 with padding. Pieces whose lengths are multiples of 3 join without a seam.
void append_base64(std::string& out, std::string_view bytes);

/// Decodes base64 piece by piece, as leniently as Python's `base64.decodebytes`: foreign characters are skipped, what
/// follows the padding is ignored, but padding is required.
class base64_decoder {
public:
  void append(std::string_view text, std::string& out);

  /// Tells what is wrong with the whole; empty when nothing is.
  std::string finish() const;

private:
  /// Writes what this letter completes; returns how many bytes.
  size_t take(char letter, char* to);

  uint32_t group_ = 0;   // the letters of an unfinished group of four
  size_t filled_ = 0;    // how many these are
  size_t pads_ = 0;      // since the last data character
  bool ended_ = false;
};

}   // namespace cog

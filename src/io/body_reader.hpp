#pragma once
#include "io/unique_fd.hpp"
#include "prediction/prediction.hpp"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cog {

/// A part of a request's body; an `output_file` is a JSON string that holds a data URL.
using body_part = std::variant<std::string, text_slice, raw_file, output_file>;

/// The text of a part; null when it is a file.
std::optional<std::string_view> text_of(const body_part& part);

/// The whole, shared by all who keep it for another attempt.
using body_ptr = std::shared_ptr<const std::vector<body_part>>;

inline body_ptr make_body(std::vector<body_part> parts) {
  return std::make_shared<const std::vector<body_part>>(std::move(parts));
}

/// Reads a body from its front to its end without ever holding a whole file.
class body_reader {
public:
  explicit body_reader(body_ptr body) : parts_{std::move(body)} {
    // nop
  }
  body_reader(const body_reader&) = delete;
  body_reader& operator=(const body_reader&) = delete;

  /// Bytes of the whole body.
  uint64_t size() const;
  /// Puts the next bytes, at most `capacity`, at `target`, and tells how many; 0 at the end. nullopt: a file cannot be
  /// read.
  std::optional<size_t> read(char* target, size_t capacity);
  /// Begins anew.
  void rewind();
  /// What is wrong with a file, in Python's words; empty when nothing is.
  const std::string& problem() const { return problem_; }

private:
  bool fill();
  bool fill_from(const raw_file& file, const output_file* shown);

  body_ptr parts_;
  size_t part_ = 0;        // the one that is being read
  uint64_t done_ = 0;      // of the file in it, bytes
  unique_fd file_;         // in it
  std::string buffer_;     // what was read of it
  std::string_view now_;   // what comes next
  std::string problem_;
};

}   // namespace cog

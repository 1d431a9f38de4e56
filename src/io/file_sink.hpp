#pragma once
#include "io/unique_fd.hpp"
#include <string>
#include <string_view>

namespace cog {

/// A new file that is written from front to back. After a failure `problem()` says what went wrong, in Python's words.
class file_sink {
public:
  /// Makes the file (mode 0600); one of that name must not exist.
  bool open(const std::string& path);
  bool write(std::string_view bytes);

  const std::string& path() const { return path_; }
  const std::string& problem() const { return problem_; }
  /// The `errno` of it.
  int error() const { return error_; }

private:
  bool fail();

  unique_fd fd_;
  std::string path_;
  std::string problem_;
  int error_ = 0;
};

}   // namespace cog

#pragma once
#include "access/api_key.hpp"
#include <sys/stat.h>

namespace cog {

/// A file of key lines that may change, or be exchanged for another of its name.
class key_file {
public:
  explicit key_file(std::string path) : path_{std::move(path)} {
    // nop
  }

  const std::string& path() const { return path_; }
  /// Its keys as they are now. nullopt: it cannot be read, or a line is wrong; `problem` tells which and why.
  std::optional<std::vector<api_key>> read(std::string& problem);
  /// Whether it is another than the one that was read last.
  bool has_changed() const;

private:
  struct stamp {
    dev_t device = 0;
    ino_t file = 0;
    off_t size = 0;
    timespec changed{};
  };

  stamp look() const;

  std::string path_;
  stamp read_;
};

}   // namespace cog

#pragma once
#include "cli/console.hpp"
#include "io/unique_fd.hpp"
#include <string>

namespace cog {

/// A project's folder .cog/build, empty at first and gone at the end; nobody else builds the project meanwhile.
class build_folder {
public:
  /// Waits for another build of the project to end. Throws command_error.
  build_folder(const std::string& project, const console& messages);
  build_folder(const build_folder&) = delete;
  ~build_folder();

  const std::string& path() const { return path_; }

private:
  std::string path_;
  unique_fd lock_;
};

}   // namespace cog

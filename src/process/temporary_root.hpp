#pragma once
#include "io/unique_fd.hpp"
#include <string>

namespace cog {

/// The private folder (mode 0700) of one server. Its name tells the process and when that was started, and it is locked
/// for as long as the server lives, so that others know, also those of other containers that share the folder above.
class temporary_root {
public:
  /// Makes it under `TMPDIR`, else `/tmp`. Its path is empty, with `problem` set, when it cannot be made.
  static temporary_root make(std::string& problem);

  const std::string& path() const { return path_; }

private:
  std::string path_;
  unique_fd lock_;
};

/// Ends what servers that were killed have left behind beside our folder: their folders, and the processes that their
/// workers had started and that have left the process group. `variable` is the one that workers have in their
/// environment, with a path in that folder as value.
void sweep_dead_roots(const temporary_root& ours, const std::string& variable);

}   // namespace cog

#pragma once
#include "io/file_sink.hpp"
#include "io/sha256.hpp"
#include "prediction/form.hpp"
#include "prediction/prediction.hpp"
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// More bytes of an upload's files.
struct upload_piece {
  std::string name;         // of a file that begins, as it was sent
  std::string media_type;   // likewise
  file_bytes what;
};

/// Writes the files of one upload into a folder, each into one of its own. To be used by one thread at a time.
class upload_files {
public:
  /// `hashes`: the files' SHA-256 are wanted.
  upload_files(folder_ptr target, bool hashes) : target_{std::move(target)}, hashes_{hashes} {
    // nop
  }

  /// False when a file cannot be written: `problem` says why, in Python's words, `is_full` that it is for want of room.
  bool write(const std::vector<upload_piece>& pieces);
  /// All has come.
  void finish();

  const std::string& problem() const { return problem_; }
  bool is_full() const { return full_; }
  const folder_ptr& target() const { return target_; }
  const std::vector<stored_file>& stored() const { return stored_; }

private:
  bool begin(const upload_piece& piece);
  bool fail(std::string problem);

  folder_ptr target_;
  bool hashes_;
  std::vector<stored_file> stored_;
  std::optional<file_sink> sink_;   // of the last of them
  std::optional<sha256> hash_;      // likewise
  std::string problem_;
  bool full_ = false;
};

/// Whether so many bytes have room on the disk of this path, of which 5 %, at most 1 GiB, stay free. So it is when nobody
/// can tell.
bool has_room(const std::string& path, uint64_t bytes);

}   // namespace cog

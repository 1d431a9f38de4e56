#include "io/upload_files.hpp"
#include "io/file_name.hpp"
#include "io/folder.hpp"
#include <algorithm>
#include <cerrno>
#include <sys/statvfs.h>

namespace cog {

namespace {

constexpr uint64_t most_kept_free = 1 << 30;

}   // namespace

bool has_room(const std::string& path, uint64_t bytes) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0)
    return true;
  uint64_t whole = disk.f_blocks * disk.f_frsize;
  uint64_t free = disk.f_bavail * disk.f_frsize;
  auto kept = std::min(whole / 20, most_kept_free);
  return free >= kept && free - kept >= bytes;
}

bool upload_files::write(const std::vector<upload_piece>& pieces) {
  uint64_t bytes = 0;
  for (auto& piece : pieces)
    bytes += piece.what.bytes.size();
  if (auto made = ensure(*target_); !made.empty())
    return fail(std::move(made));
  full_ = !has_room(target_->path, bytes);
  if (full_)
    return fail("The disk has no room for the upload");
  for (auto& piece : pieces) {
    if (piece.what.file == stored_.size() && !begin(piece))
      return false;
    if (!sink_->write(piece.what.bytes)) {
      full_ = sink_->error() == ENOSPC || sink_->error() == EDQUOT;
      return fail(sink_->problem());
    }
    if (hash_)
      hash_->add(piece.what.bytes);
  }
  return true;
}

bool upload_files::begin(const upload_piece& piece) {
  finish();
  std::string problem;
  auto path = make_place(*target_, stored_.size(), file_name_of_upload(piece.name, piece.media_type), problem);
  if (path.empty())
    return fail(std::move(problem));
  stored_.push_back({path, {}});
  if (!sink_.emplace().open(path))
    return fail(sink_->problem());
  if (hashes_)
    hash_.emplace();
  return true;
}

void upload_files::finish() {
  if (hash_)
    stored_.back().hash = hash_->hex();
  hash_.reset();
  sink_.reset();
}

bool upload_files::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

}   // namespace cog

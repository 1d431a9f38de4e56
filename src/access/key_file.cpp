#include "access/key_file.hpp"
#include <fstream>
#include <sstream>

namespace cog {

key_file::stamp key_file::look() const {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0)
    return {};
  return {found.st_dev, found.st_ino, found.st_size, found.st_ctim};
}

std::optional<std::vector<api_key>> key_file::read(std::string& problem) {
  read_ = look();   // first: what changes while it is read has changed since
  std::ifstream file{path_, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    problem = "it cannot be read, or is empty";
    return {};
  }
  return read_api_keys(text.str(), problem);
}

bool key_file::has_changed() const {
  auto now = look();
  return now.device != read_.device || now.file != read_.file || now.size != read_.size ||
    now.changed.tv_sec != read_.changed.tv_sec || now.changed.tv_nsec != read_.changed.tv_nsec;
}

}   // namespace cog

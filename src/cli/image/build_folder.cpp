#include "cli/image/build_folder.hpp"
#include "cli/console.hpp"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>

namespace cog {

namespace fs = std::filesystem;

build_folder::build_folder(const std::string& project) : path_{project + "/.cog/build"} {
  std::error_code error;
  fs::create_directories(project + "/.cog", error);
  auto name = project + "/.cog/cog.lock";
  lock_.reset(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  int locked = -1;
  while (lock_.get() >= 0 && (locked = flock(lock_.get(), LOCK_EX)) != 0 && errno == EINTR) {
    // again
  }
  if (locked != 0)
    throw command_error{"cannot lock " + name + ": " + std::strerror(errno)};
  fs::remove_all(path_, error);
  fs::create_directories(path_, error);
  if (error)
    throw command_error{"cannot make " + path_ + ": " + error.message()};
}

build_folder::~build_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}   // namespace cog

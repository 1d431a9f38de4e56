#include "cli/image/build_folder.hpp"
#include "cli/config/state_folder.hpp"
#include "cli/wait_notice.hpp"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>

namespace cog {

namespace fs = std::filesystem;

build_folder::build_folder(const std::string& project, const console& messages) {
  std::error_code error;
  auto folder = state_folder(project);
  path_ = folder + "/build";
  auto name = folder + "/cog.lock";
  lock_.reset(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  wait_notice notice{messages, "another build of this project"};
  if (!lock_ || !lock_when_free(lock_.get(), notice))
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

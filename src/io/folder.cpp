#include "io/folder.hpp"
#include "io/text.hpp"
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace cog {

namespace {

std::string make_private_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
    return {};
  return errno_text(errno, path);
}

}   // namespace

folder_ptr make_folder(const std::string& root, uint64_t number, std::function<void(std::string)> on_last_release) {
  return make_folder(root + "/" + std::to_string(number), std::move(on_last_release));
}

folder_ptr make_folder(std::string path, std::function<void(std::string)> on_last_release) {
  auto release = [then = std::move(on_last_release)](const folder* last) {
    if (::access(last->path.c_str(), F_OK) == 0)
      then(last->path);
    delete last;
  };
  return {new folder{std::move(path)}, std::move(release)};
}

std::string ensure(const folder& which) {
  return make_private_folder(which.path);
}

std::string make_place(const folder& which, uint64_t index, const std::string& name, std::string& problem) {
  auto own = which.path + "/" + std::to_string(index);
  problem = ensure(which);
  if (problem.empty())
    problem = make_private_folder(own);
  return problem.empty() ? own + "/" + name : std::string{};
}

}   // namespace cog

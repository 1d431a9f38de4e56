#include "cli/config/state_folder.hpp"
#include "cli/console.hpp"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace cog {

namespace {

std::string cache_folder() {
  auto variable = [](const char* name) {
    auto* value = std::getenv(name);
    return std::string{value ? value : ""};
  };
  if (auto own = variable("COG_CACHE_DIR"); !own.empty())
    return own;
  if (auto all = variable("XDG_CACHE_HOME"); !all.empty())
    return all + "/cog";
  return variable("HOME") + "/.cache/cog";
}

/// Empty when files can be made there, else why not.
std::string make_writable(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return error.message();
  return access(folder.c_str(), W_OK) == 0 ? std::string{} : std::string{std::strerror(errno)};
}

}   // namespace

std::string state_folder(const std::string& project) {
  auto own = project + "/.cog";
  auto problem = make_writable(own);
  if (problem.empty())
    return own;
  auto name =
    std::filesystem::path{project}.filename().string() + "-" + std::to_string(std::hash<std::string>{}(project));
  auto other = cache_folder() + "/projects/" + name;
  if (auto further = make_writable(other); !further.empty())
    throw command_error{"cannot write in " + own + ": " + problem + ", nor in " + other + ": " + further};
  return other;
}

}   // namespace cog

#include "cli/image/sdk_wheel.hpp"
#include "cli/config/ignored_settings.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/installation.hpp"
#include "cli/engine/process.hpp"
#include "cli/image/python.hpp"
#include "version.hpp"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

namespace cog {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

std::vector<fs::path> wheels_in(const fs::path& folder, const std::string& start) {
  std::vector<fs::path> found;
  std::error_code error;
  for (auto& entry : fs::directory_iterator{folder, error}) {
    auto name = entry.path().filename().string();
    if (name.starts_with(start) && name.ends_with(".whl"))
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The one wheel that a variable's path means.
fs::path wheel_at(const std::string& name, const std::string& value, const std::string& start) {
  auto path = fs::absolute(value).lexically_normal();
  if (!fs::exists(path))
    throw command_error{name + ": path not found: " + path.string()};
  if (!fs::is_directory(path))
    return path;
  auto found = wheels_in(path, start);
  if (found.size() != 1)
    throw command_error{name + ": " + (found.empty() ? "no " : "more than one ") + start + "*.whl in " + path.string() +
                        ": give the path of the file"};
  return found.front();
}

/// COGLET_WHEEL, which is part of the other wheel here.
void check_server_wheel() {
  auto value = variable("COGLET_WHEEL");
  if (!value.empty() && is_wheel_path(value) && !fs::exists(value))
    throw command_error{"COGLET_WHEEL: path not found: " + fs::absolute(value).lexically_normal().string()};
}

std::optional<fs::path> beside_the_tool() {
  std::error_code error;
  auto folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  auto start = "cog_cpp-" + std::string{build_version} + "-";
  for (int level = 0; level < 3; ++level, folder = folder.parent_path())
    if (auto found = wheels_in(folder / "dist", start); !found.empty())
      return found.front();
  return std::nullopt;
}

fs::path packed_again(const session& common, const std::string& folder) {
  auto packages = find_installation(common).packages;
  auto done = run_python(packages, {"-m", "cog._pack", folder}, {});
  if (done.status != 0)
    throw command_error{"cannot pack the wheel for the image: " + trimmed(done.err) +
                        "\nInstall the wheel of cog again, or name it in COG_SDK_WHEEL."};
  return trimmed(done.out);
}

}   // namespace

std::string find_sdk_wheel(const session& common, const std::string& folder) {
  check_server_wheel();
  auto value = variable("COG_SDK_WHEEL");
  if (!value.empty() && is_wheel_path(value)) {
    auto path = wheel_at("COG_SDK_WHEEL", value, "cog");
    common.messages.debug("Using local cog wheel: " + path.string());
    return path.string();
  }
  if (auto path = beside_the_tool()) {
    common.messages.debug("Using local cog wheel: " + path->string());
    return path->string();
  }
  return packed_again(common, folder).string();
}

}   // namespace cog

#include "cli/engine/installation.hpp"
#include "version.hpp"
#include <filesystem>

namespace cog {

namespace {

namespace fs = std::filesystem;

bool has_package(const fs::path& folder) {
  return fs::exists(folder / "cog/_version.py");
}

}   // namespace

installation find_installation(const session& common) {
  std::error_code error;
  if (!common.home.empty()) {
    fs::path home{common.home};
    return {(home / "coglet").string(), home.parent_path().parent_path().string()};
  }
  auto program = fs::read_symlink("/proc/self/exe", error);
  auto coglet = program.parent_path() / "coglet";
  for (auto folder = program.parent_path(); folder != folder.parent_path(); folder = folder.parent_path())
    if (has_package(folder / "python") && fs::exists(coglet))
      return {coglet.string(), (folder / "python").string()};
  if (has_package(installed_packages) && fs::exists(coglet))
    return {coglet.string(), std::string{installed_packages}};
  throw command_error{
    "the server coglet is not beside " + program.string() +
    ", or the Python package cog is not around it: build both (script/build), or install the wheel of cog again"};
}

}   // namespace cog

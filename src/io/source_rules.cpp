#include "io/source_rules.hpp"
#include <algorithm>
#include <array>
#include <unistd.h>

namespace cog {

namespace {

constexpr std::array<std::string_view, 6> no_source{"__pycache__",   "__pypackages__", "node_modules",
                                                    "site-packages", "venv",           "dist-packages"};

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_requirement_list(std::string_view name) {
  return name.starts_with("requirements") && name.ends_with(".txt");
}

}   // namespace

source_rules::source_rules(std::string folder, std::vector<std::string> also)
  : folder_{std::move(folder)}, also_{std::move(also)}, ignored_{ignore_rules::of_project(folder_)} {
  also_.insert(also_.end(), {"cog.yaml", ".dockerignore"});
}

bool source_rules::is_source(const std::string& path) const {
  if (std::find(also_.begin(), also_.end(), path) != also_.end())
    return true;
  auto name = name_of(path);
  // Emacs and others keep locks and copies under names that begin like this.
  if (name.starts_with('.') || name.starts_with('#'))
    return false;
  return (name.ends_with(".py") || is_requirement_list(name)) && !ignored_.ignores(path);
}

bool source_rules::may_have_sources(const std::string& path) const {
  if (path.empty())
    return true;
  auto name = name_of(path);
  if (name.starts_with('.') || name.ends_with(".egg-info") ||
      std::find(no_source.begin(), no_source.end(), name) != no_source.end())
    return false;
  auto holds_one = [&](const std::string& file) { return file.starts_with(path + "/"); };
  if (std::any_of(also_.begin(), also_.end(), holds_one))
    return true;
  if (ignored_.ignores(path) && !ignored_.has_exceptions())
    return false;
  return ::access((folder_ + "/" + path + "/pyvenv.cfg").c_str(), F_OK) != 0;
}

}   // namespace cog

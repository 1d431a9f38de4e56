#include "cli/config/cog_yaml.hpp"
#include "cli/config/ignored_settings.hpp"
#include "cli/config/words.hpp"
#include "cli/said_today.hpp"
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cog {

namespace {

constexpr int max_levels = 100;

/// The folder that holds `file`: `start`, else the nearest one above it; empty when there is none.
std::filesystem::path find_project(const std::filesystem::path& start, const std::string& file) {
  auto folder = start;
  for (int level = 0; level < max_levels; ++level) {
    if (std::filesystem::exists(folder / file))
      return folder;
    if (folder == folder.parent_path())
      break;
    folder = folder.parent_path();
  }
  return {};
}

}   // namespace

void refuse_unsupported(const project_config& config) {
  if (!config.weights.empty())
    throw config_error{config.place("weights") +
                       "weights are not managed by this tool, and the model would start without them. Remove "
                       "\"weights\", and either keep the files in the project folder (cog build --separate-weights "
                       "gives them layers of their own) or download them in setup()"};
}

project_config load_config(const std::string& start, const std::string& file, const console& messages) {
  auto folder = find_project(start, file);
  if (folder.empty())
    throw config_error{file + " not found in " + start + " (or in any parent directories)"};
  if (std::filesystem::is_directory(folder / file))
    throw config_error{(folder / file).string() + " is a folder"};
  std::ifstream in{folder / file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in)
    throw config_error{"failed to read " + (folder / file).string() + ": " + std::strerror(errno)};
  std::vector<std::string> warnings;
  auto show_warnings = [&] {
    for (auto& warning : warnings)
      if (warning.starts_with("deprecated "))
        warn_once_a_day(messages, folder.string(), warning);
      else
        messages.warn(warning);
  };
  try {
    auto config = read_config(text.str(), folder.string(), file, warnings);
    for (auto& line : ignored_settings(config))
      warnings.push_back(line);
    refuse_unsupported(config);
    show_warnings();
    return config;
  } catch (const config_error&) {
    show_warnings();   // a mistyped key often is why something is missing
    throw;
  }
}

bool has_project(const std::string& start, const std::string& file) {
  return !find_project(start, file).empty();
}

std::string derived_image_name(const std::string& folder) {
  constexpr size_t longest = 26;
  std::string name;
  for (auto c : lower_case(std::filesystem::path{folder}.filename().string())) {
    if (c == ' ')
      name += '-';
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
      name += c;
  }
  if (!name.starts_with("cog-"))
    name = "cog-" + name;
  name = name.substr(0, longest);
  while (name.ends_with('-'))
    name.pop_back();
  return name;
}

}   // namespace cog

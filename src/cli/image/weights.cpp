#include "cli/image/weights.hpp"
#include "cli/config/words.hpp"
#include "json/json_text.hpp"
#include "io/ignore_rules.hpp"
#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <vector>

namespace cog {

namespace {

namespace fs = std::filesystem;

constexpr uintmax_t least_bytes = 10 * 1024 * 1024;
constexpr std::array<std::string_view, 3> code_endings{".ipynb", ".py", ".whl"};
constexpr std::array<std::string_view, 18> media_endings{".aac", ".avi", ".bmp", ".flac", ".gif",  ".jpeg",
                                                         ".jpg", ".log", ".m4a", ".mkv",  ".mov",  ".mp3",
                                                         ".mp4", ".png", ".tif", ".wav",  ".webm", ".webp"};
constexpr std::array<std::string_view, 3> skipped_starts{".cog", ".git", "__pycache__"};

template <class List>
bool ends_with_any(const std::string& name, const List& endings) {
  auto lower = lower_case(name);
  return std::any_of(endings.begin(), endings.end(), [&](auto ending) { return lower.ends_with(ending); });
}

bool is_skipped(const std::string& path) {
  return std::any_of(skipped_starts.begin(), skipped_starts.end(), [&](auto start) { return path.starts_with(start); });
}

/// Calls `take` for every regular file that a build may copy, with its path in the project.
template <class Take>
void each_file(const fs::path& project, const Take& take) {
  auto rules = ignore_rules::of_project(project.string());
  for (auto entry = fs::recursive_directory_iterator{project}; entry != fs::recursive_directory_iterator{}; ++entry) {
    auto path = entry->path().lexically_relative(project).string();
    auto ignored = rules.ignores(path);
    if (is_skipped(path) || is_skipped(entry->path().filename().string()) || (ignored && !rules.has_exceptions()))
      entry.disable_recursion_pending();
    else if (ignored)
      continue;
    else if (entry->is_regular_file() && !entry->is_symlink())
      take(path, *entry);
  }
}

bool is_inside(const std::string& path, const std::string& folder) {
  return folder == "." || path.starts_with(folder + "/");
}

}   // namespace

std::vector<std::string> find_weights(const std::string& project) {
  std::set<std::string> files;
  std::set<std::string> code_folders;
  each_file(project, [&](const std::string& path, const fs::directory_entry& entry) {
    if (ends_with_any(path, code_endings)) {
      for (auto folder = fs::path{path}.parent_path(); !folder.empty(); folder = folder.parent_path())
        code_folders.insert(folder.string());
    } else if (entry.file_size() >= least_bytes && !ends_with_any(path, media_endings)) {
      files.insert(path);
    }
  });
  std::set<std::string> found;
  for (auto& file : files) {
    auto folder = fs::path{file}.parent_path().string();
    found.insert(folder.empty() || code_folders.contains(folder) ? file : folder);
  }
  std::vector<std::string> outermost;
  for (auto& path : found) {
    auto covered = std::any_of(found.begin(), found.end(), [&](auto& other) { return is_inside(path, other); });
    if (!covered)
      outermost.push_back(path);
  }
  return outermost;
}

std::string weights_manifest(const std::string& project, const std::vector<std::string>& weights) {
  std::map<std::string, uint32_t> sums;
  auto add = [&](const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    boost::crc_32_type crc;
    std::vector<char> bytes(1024 * 1024);
    while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || file.gcount() > 0)
      crc.process_bytes(bytes.data(), static_cast<size_t>(file.gcount()));
    sums[path.lexically_relative(project).string()] = crc.checksum();
  };
  for (auto& weight : weights) {
    auto path = fs::path{project} / weight;
    if (!fs::is_directory(path))
      add(path);
  }
  each_file(project, [&](const std::string& path, const fs::directory_entry& entry) {
    if (std::any_of(weights.begin(), weights.end(), [&](auto& weight) { return is_inside(path, weight); }))
      add(entry.path());
  });
  std::string json = "{";
  for (auto& [name, sum] : sums) {
    json += json.size() > 1 ? "," : "";
    append_json_string(json, name);
    json += ":" + std::to_string(sum);
  }
  return json + "}";
}

}   // namespace cog

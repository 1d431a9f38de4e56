#pragma once
#include "io/source_rules.hpp"
#include "io/unique_fd.hpp"
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

struct inotify_event;

namespace cog {

/// Sees which of a project's files change, with inotify. It may block on the file system, so it is nothing for the
/// threads that serve sockets.
class source_watch {
public:
  /// What it takes at most, whatever lies in the project.
  struct limits {
    size_t folders = 8192;
    size_t files = 16384;   // whose content is known; of others every write counts as a change
  };

  /// Looks at what there is now. `also`: as for source_rules.
  source_watch(std::string folder, std::vector<std::string> also, limits most);
  source_watch(std::string folder, std::vector<std::string> also)
    : source_watch{std::move(folder), std::move(also), {}} {
    // nop
  }

  /// Why nothing is seen at all; empty: it works.
  const std::string& problem() const { return problem_; }
  /// Readable when something has happened.
  int descriptor() const { return inotify_.get(); }

  /// Takes note of what has happened. True: some file may have changed.
  bool read();
  /// The files whose content has changed since they were asked for last, ascending.
  std::vector<std::string> take_changes();
  /// What is not watched, and what to do about it; each is said once.
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

  size_t folders() const { return folders_.size(); }

private:
  void take(const inotify_event& event, const std::string& name);
  void take_folder_event(const inotify_event& event, const std::string& path);
  void look_again();
  void add_tree(const std::string& path);
  bool add_folder(const std::string& path);
  void list(const std::string& path, std::vector<std::string>& folders);
  void forget_tree(const std::string& path);
  std::string full(const std::string& path) const { return path.empty() ? folder_ : folder_ + "/" + path; }
  std::optional<uint64_t> content_of(const std::string& path) const;
  void warn(std::string text);

  std::string folder_;
  std::vector<std::string> also_;
  limits most_;
  source_rules rules_;
  unique_fd inotify_;
  std::string problem_;
  std::unordered_map<int, std::string> folders_;         // by watch
  std::unordered_map<std::string, uint64_t> contents_;   // of files that are there, as numbers that tell them apart
  std::set<std::string> touched_;                        // files that may have changed
  std::vector<std::string> warnings_;
  std::set<std::string> warned_;
};

}   // namespace cog

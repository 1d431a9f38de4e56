#include "io/source_watch.hpp"
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spdlog/fmt/fmt.h>
#include <string_view>
#include <sys/inotify.h>
#include <sys/stat.h>

namespace cog {

namespace {

constexpr uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
  IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;

constexpr size_t longest_file = 16 * 1024 * 1024;   // bytes of it that are compared

std::string kernel_limit(const char* name) {
  std::ifstream file{std::string{"/proc/sys/fs/inotify/"} + name};
  std::string number;
  file >> number;
  return fmt::format("fs.inotify.{}={}", name, number.empty() ? "?" : number);
}

/// FNV-1a: no defence is needed, only an answer that a change seldom fails to change.
uint64_t number_of(std::string_view text, uint64_t seed) {
  for (unsigned char byte : text)
    seed = (seed ^ byte) * 1099511628211U;
  return seed;
}

std::string joined(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string{name} : folder + "/" + std::string{name};
}

}   // namespace

source_watch::source_watch(std::string folder, std::vector<std::string> also, limits most)
  : folder_{std::move(folder)},
    also_{std::move(also)},
    most_{most},
    rules_{folder_, also_},
    inotify_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)} {
  std::error_code ignored;
  if (auto real = std::filesystem::canonical(folder_, ignored); !ignored)
    folder_ = real.string();
  if (!inotify_) {
    problem_ = errno == EMFILE
      ? fmt::format(
          "this user has as many watches open as the kernel allows ({}): raise it with sysctl, or end other "
          "programs that watch folders",
          kernel_limit("max_user_instances"))
      : fmt::format("inotify cannot be used: {}", std::strerror(errno));
    return;
  }
  add_tree({});
  if (folders_.empty() && problem_.empty())
    problem_ = fmt::format("the folder {} cannot be watched: {}", folder_,
                           warnings_.empty() ? std::string{std::strerror(errno)} : warnings_.front());
  for (auto& path : std::exchange(touched_, {}))
    if (auto content = content_of(path); content && contents_.size() < most_.files)
      contents_[path] = *content;
}

bool source_watch::read() {
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  for (;;) {
    auto got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0)
      return !touched_.empty();
    for (ssize_t at = 0; at < got;) {
      auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      take(*event, event->len > 0 ? std::string{event->name} : std::string{});
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

void source_watch::take(const inotify_event& event, const std::string& name) {
  if ((event.mask & IN_Q_OVERFLOW) != 0)
    return look_again();
  auto found = folders_.find(event.wd);
  if (found == folders_.end())
    return;
  if ((event.mask & IN_IGNORED) != 0) {
    folders_.erase(found);
    return;
  }
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
    if (found->second.empty())
      warn(fmt::format("the folder {} was moved or removed: start the server again where it is now", folder_));
    return;
  }
  auto path = joined(found->second, name);
  if ((event.mask & IN_ISDIR) != 0)
    return take_folder_event(event, path);
  if (!rules_.is_source(path))
    return;
  if ((event.mask & IN_CREATE) != 0) {
    // A new file tells when it was written; a link is whole at once.
    struct stat status {};
    if (::lstat(full(path).c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0)
      return;
  }
  touched_.insert(path);
  if (path == ".dockerignore")
    look_again();
}

void source_watch::take_folder_event(const inotify_event& event, const std::string& path) {
  if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0)
    add_tree(path);
  else if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0)
    forget_tree(path);
}

/// The rules have changed, or events were lost: anything may have.
void source_watch::look_again() {
  rules_ = source_rules{folder_, also_};
  std::vector<std::string> ignored;
  for (auto& [watch, path] : folders_)
    if (!rules_.may_have_sources(path))
      ignored.push_back(path);
  for (auto& path : ignored)
    forget_tree(path);
  std::erase_if(contents_, [&](auto& entry) { return !rules_.is_source(entry.first); });
  std::erase_if(touched_, [&](auto& path) { return !rules_.is_source(path); });
  for (auto& [path, content] : contents_)
    touched_.insert(path);
  add_tree({});
}

/// The folders nearest to the project's come first, so that they are watched where not all can be.
void source_watch::add_tree(const std::string& path) {
  std::vector<std::string> level{path};
  while (!level.empty()) {
    std::vector<std::string> below;
    for (auto& folder : level)
      if (rules_.may_have_sources(folder)) {
        if (!add_folder(folder))
          return;
        list(folder, below);
      }
    level = std::move(below);
  }
}

/// False: no more can be watched.
bool source_watch::add_folder(const std::string& path) {
  if (folders_.size() >= most_.folders) {
    warn(
      fmt::format("only {} folders of {} are watched, the most that are: changes in the others are not seen; list "
                  "folders without source in .dockerignore",
                  most_.folders, folder_));
    return false;
  }
  auto watch = ::inotify_add_watch(inotify_.get(), full(path).c_str(), events);
  if (watch >= 0) {
    folders_[watch] = path;
    return true;
  }
  if (errno != ENOSPC)
    return true;   // it is gone already, or not ours to read
  warn(
    fmt::format("only {} folders of {} are watched, since the kernel allows this user no more ({}): changes in the "
                "others are not seen; raise it with `sysctl fs.inotify.max_user_watches=524288` on the machine "
                "itself, or list folders without source in .dockerignore",
                folders_.size(), folder_, kernel_limit("max_user_watches")));
  return false;
}

/// Finds sources and folders; of all else in it nothing is kept.
void source_watch::list(const std::string& path, std::vector<std::string>& folders) {
  auto* stream = ::opendir(full(path).c_str());
  if (stream == nullptr)
    return;
  while (auto* entry = ::readdir(stream)) {
    std::string_view name{entry->d_name};
    if (name == "." || name == "..")
      continue;
    auto inside = joined(path, name);
    bool is_folder = entry->d_type == DT_DIR;
    if (struct stat status{}; entry->d_type == DT_UNKNOWN && ::lstat(full(inside).c_str(), &status) == 0)
      is_folder = S_ISDIR(status.st_mode);
    if (!is_folder) {
      if (rules_.is_source(inside) && touched_.size() < most_.files)
        touched_.insert(std::move(inside));
    } else if (folders_.size() + folders.size() <= most_.folders) {
      folders.push_back(std::move(inside));
    }
  }
  ::closedir(stream);
}

void source_watch::forget_tree(const std::string& path) {
  auto is_in = [&](const std::string& one) { return one == path || one.starts_with(path + "/"); };
  for (auto entry = folders_.begin(); entry != folders_.end();) {
    if (is_in(entry->second)) {
      ::inotify_rm_watch(inotify_.get(), entry->first);
      entry = folders_.erase(entry);
    } else {
      ++entry;
    }
  }
  for (auto& [file, content] : contents_)
    if (is_in(file))
      touched_.insert(file);
}

std::vector<std::string> source_watch::take_changes() {
  std::vector<std::string> changed;
  for (auto& path : std::exchange(touched_, {})) {
    auto known = contents_.find(path);
    auto content = content_of(path);
    if (known == contents_.end()) {
      if (!content)
        continue;   // it came and went
      if (contents_.size() < most_.files)
        contents_.emplace(path, *content);
    } else if (!content) {
      contents_.erase(known);
    } else if (std::exchange(known->second, *content) == *content) {
      continue;
    }
    changed.push_back(path);
  }
  return changed;
}

/// Empty: there is no such file.
std::optional<uint64_t> source_watch::content_of(const std::string& path) const {
  unique_fd file{::open(full(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  auto number = number_of({}, 14695981039346656037U);
  std::array<char, 64 * 1024> buffer;
  size_t all = 0;
  while (all < longest_file) {
    auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got <= 0)
      break;
    number = number_of({buffer.data(), static_cast<size_t>(got)}, number);
    all += static_cast<size_t>(got);
  }
  return number_of(std::to_string(status.st_size), number);
}

void source_watch::warn(std::string text) {
  if (warned_.insert(text).second)
    warnings_.push_back(std::move(text));
}

}   // namespace cog

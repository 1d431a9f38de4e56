#include "io/ignore_rules.hpp"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cog {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Reads `[a-z]` or `[^a-z]` from behind its bracket; `pattern` then begins behind the closing one.
bool fits_class(std::string_view& pattern, char c) {
  auto negated = pattern.starts_with('^');
  if (negated)
    pattern.remove_prefix(1);
  auto take = [&] {
    if (pattern.size() > 1 && pattern.front() == '\\')
      pattern.remove_prefix(1);
    auto taken = pattern.empty() ? '\0' : pattern.front();
    pattern.remove_prefix(std::min<size_t>(1, pattern.size()));
    return taken;
  };
  bool found = false;
  while (!pattern.empty() && pattern.front() != ']') {
    auto low = take();
    auto high = low;
    if (pattern.starts_with('-')) {
      pattern.remove_prefix(1);
      high = take();
    }
    found = found || (low <= c && c <= high);
  }
  pattern.remove_prefix(std::min<size_t>(1, pattern.size()));
  return found != negated;
}

bool fits(std::string_view pattern, std::string_view path);

/// `**` stands for anything, `**/` for any number of folders.
bool fits_after_two_stars(std::string_view pattern, std::string_view path) {
  auto whole_folders = pattern.starts_with('/');
  if (whole_folders)
    pattern.remove_prefix(1);
  if (pattern.empty())
    return true;
  for (size_t from = 0; from <= path.size(); ++from)
    if ((!whole_folders || from == 0 || path[from - 1] == '/') && fits(pattern, path.substr(from)))
      return true;
  return false;
}

bool fits(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    auto sign = pattern.front();
    pattern.remove_prefix(1);
    if (sign == '*' && pattern.starts_with('*'))
      return fits_after_two_stars(pattern.substr(1), path);
    if (sign == '*') {
      for (size_t length = 0;; ++length) {
        if (fits(pattern, path.substr(length)))
          return true;
        if (length == path.size() || path[length] == '/')
          return false;
      }
    }
    if (path.empty())
      return false;
    auto c = path.front();
    path.remove_prefix(1);
    if (sign == '[') {
      if (c == '/' || !fits_class(pattern, c))
        return false;
    } else if (sign == '?') {
      if (c == '/')
        return false;
    } else {
      if (sign == '\\' && !pattern.empty()) {
        sign = pattern.front();
        pattern.remove_prefix(1);
      }
      if (c != sign)
        return false;
    }
  }
  return path.empty();
}

bool fits_path_or_a_folder_of_it(std::string_view pattern, const std::string& path) {
  for (auto end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
    if (fits(pattern, std::string_view{path}.substr(0, end)))
      return true;
  return fits(pattern, path);
}

/// `a/./b//` as `a/b`; a path of the root is one of the project.
std::string cleaned(const std::string& pattern) {
  auto path = fs::path{"/" + pattern}.lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  return path.substr(path.find_first_not_of('/') == std::string::npos ? path.size() : path.find_first_not_of('/'));
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\v\f";
  auto first = text.find_first_not_of(white);
  return first == text.npos ? std::string{} : std::string{text.substr(first, text.find_last_not_of(white) + 1 - first)};
}

}   // namespace

ignore_rules::ignore_rules(std::string_view text) {
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with('#'))
      continue;
    rule one{trimmed(line)};
    if (one.pattern.starts_with('!')) {
      one.takes_in = true;
      one.pattern = trimmed(std::string_view{one.pattern}.substr(1));
    }
    one.pattern = cleaned(one.pattern);
    if (one.pattern.empty())
      continue;
    has_exceptions_ = has_exceptions_ || one.takes_in;
    rules_.push_back(std::move(one));
  }
}

ignore_rules ignore_rules::of_project(const std::string& folder) {
  std::ifstream file{folder + "/.dockerignore", std::ios::binary};
  return ignore_rules{std::string{std::istreambuf_iterator<char>{file}, {}}};
}

bool ignore_rules::ignores(const std::string& path) const {
  auto decides = std::find_if(rules_.rbegin(), rules_.rend(),
                              [&](auto& one) { return fits_path_or_a_folder_of_it(one.pattern, path); });
  return decides != rules_.rend() && !decides->takes_in;
}

std::string ignore_rule_for(const std::string& path) {
  std::string rule;
  for (char c : path) {
    if (std::string_view{"*?[]\\!#"}.find(c) != std::string_view::npos)
      rule += '\\';
    rule += c;
  }
  return rule;
}

}   // namespace cog

#include "cli/model/setup_failure.hpp"
#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace cog {

namespace {

constexpr std::string_view traceback_start = "Traceback (most recent call last):";

/// Takes what stands before a line's text: `[coglet::setup] `.
std::string_view without_target(std::string_view line) {
  auto end = line.find("] ");
  return line.starts_with("[coglet") && end != line.npos ? line.substr(end + 2) : line;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// A line `  File "/src/run.py", line 3, in setup`.
struct place {
  std::string file;
  int line = 0;
};

std::optional<place> read_place(std::string_view text) {
  constexpr std::string_view start = "  File \"", middle = "\", line ";
  auto end = text.find(middle);
  if (!text.starts_with(start) || end == text.npos)
    return std::nullopt;
  place found{std::string{text.substr(start.size(), end - start.size())}};
  auto digits = text.substr(end + middle.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), found.line);
  return found;
}

/// The path in the model's folder of one of its own files; empty for others.
std::string own_file(const std::string& file, const std::string& folder) {
  auto path = file.starts_with(folder + "/") ? file.substr(folder.size() + 1) : file;
  bool outside = path.empty() || path.starts_with('/') || path.starts_with('<') || path.starts_with('.');
  return outside || path.find("site-packages/") != path.npos ? std::string{} : path;
}

/// Carets under a piece of the line above, as Python 3.11 draws them.
bool is_marker(std::string_view line) {
  return line.find_first_not_of(" ^~") == line.npos && !line.empty();
}

/// `numpyy (add it to requirements.txt)` for `No module named 'numpyy'`.
std::string with_advice(std::string_view error) {
  constexpr std::string_view start = "ModuleNotFoundError: No module named '";
  auto end = error.rfind('\'');
  if (!error.starts_with(start) || end < start.size())
    return std::string{error};
  auto module = error.substr(start.size(), end - start.size());
  auto package = module.substr(0, module.find('.'));
  return "ModuleNotFoundError: " + std::string{package} + " (add it to requirements.txt)";
}

/// The last traceback of a log; empty if there is none.
std::vector<std::string_view> last_traceback(const std::vector<std::string_view>& lines) {
  std::vector<std::string_view> found;
  bool inside = false;
  for (auto line : lines) {
    bool of_server = line.starts_with("[coglet] ");
    auto text = without_target(line);
    if (text == traceback_start)
      found.clear();
    inside = !of_server && (inside || text == traceback_start);
    if (inside)
      found.push_back(text);
  }
  return found;
}

/// The last line of a log, without what the server says before the error.
std::string last_line(const std::vector<std::string_view>& lines) {
  auto text = lines.empty() ? std::string_view{} : without_target(lines.back());
  for (std::string_view said : {"worker setup failed: ", "failed to load predictor: "})
    if (text.starts_with(said))
      text.remove_prefix(said.size());
  return with_advice(text);
}

}   // namespace

setup_failure read_setup_failure(std::string_view logs, const std::string& folder) {
  auto lines = lines_of(logs);
  auto traceback = last_traceback(lines);
  if (traceback.empty())
    return {{}, last_line(lines)};
  setup_failure failure;
  std::string where;
  int frames = 0;
  bool own = false;
  size_t next = 1;
  for (; next < traceback.size() && traceback[next].starts_with("  "); ++next) {
    auto line = traceback[next];
    if (auto found = read_place(line)) {
      auto file = own_file(found->file, folder);
      own = !file.empty();
      frames += own ? 1 : 0;
      if (own) {
        where = file + ":" + std::to_string(found->line) + ": ";
        auto rest = line.substr(line.find("\", line "));
        failure.calls += "  File \"" + file + std::string{rest} + "\n";
      }
    } else if (own && !is_marker(line)) {
      failure.calls += std::string{line} + "\n";
    }
  }
  failure.calls = frames > 1 ? std::string{traceback_start} + "\n" + failure.calls : std::string{};
  failure.cause = where + with_advice(next < traceback.size() ? traceback[next] : std::string_view{last_line(lines)});
  for (++next; next < traceback.size(); ++next)
    failure.cause += "\n" + std::string{traceback[next]};
  return failure;
}

}   // namespace cog

#include "cli/image/requirements.hpp"
#include "cli/config/words.hpp"
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace cog {

namespace {

namespace fs = std::filesystem;

struct numbered_line {
  size_t number = 0;   // from 1
  std::string text;
};

constexpr std::array<std::string_view, 6> artifact_endings{".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"};

bool is_name_character(unsigned char c) {
  return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

bool starts_as_path(std::string_view text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../");
}

bool names_artifact(std::string_view text) {
  auto lower = lower_case(text.substr(0, text.find_first_of(" ;[")));
  return !is_url(text) &&
    (starts_as_path(text) || std::any_of(artifact_endings.begin(), artifact_endings.end(), [&](auto ending) {
       return lower.ends_with(ending);
     }));
}

/// Backslashes joined, comments and empty lines gone.
std::vector<numbered_line> logical_lines(std::istream& in) {
  std::vector<numbered_line> lines;
  std::string part;
  std::string joined_line;
  size_t number = 0;
  while (std::getline(in, part)) {
    ++number;
    if (part.ends_with('\r'))
      part.pop_back();
    part = part.substr(0, part.find('#'));
    auto goes_on = part.ends_with('\\');
    if (goes_on)
      part.pop_back();
    joined_line += part;
    if (goes_on)
      continue;
    auto text = trimmed(joined_line);
    joined_line.clear();
    if (!text.empty() && text != "-e .")
      lines.push_back({number, text});
  }
  if (auto text = trimmed(joined_line); !text.empty())
    lines.push_back({number, text});
  return lines;
}

std::string option_of(const std::string& text) {
  return text.starts_with('-') ? text.substr(0, text.find_first_of(" =")) : std::string{};
}

std::string value_of_option(const std::string& text) {
  auto at = text.find_first_of(" =");
  return at == std::string::npos ? std::string{} : trimmed(std::string_view{text}.substr(at + 1));
}

/// Why a line cannot be installed in an image; empty when it can.
std::string refusal(const std::string& text) {
  auto option = option_of(text);
  auto value = value_of_option(text);
  if ((option == "-r" || option == "--requirement" || option == "-c" || option == "--constraint") && !is_url(value))
    return "other files are not read: put their lines here";
  if ((option == "-f" || option == "--find-links") && !is_url(value))
    return "a local folder is not in the image: give a URL, or name the wheel's file itself";
  if (option == "-e" || option == "--editable")
    return "editable installs are not possible in an image: name the package, or build a wheel of it";
  if (text.starts_with("file:"))
    return "file: URLs are not supported: give the path of the file";
  if (!option.empty())
    return {};
  if (auto at = text.find('@'); at != std::string::npos) {
    auto target = trimmed(std::string_view{text}.substr(at + 1));
    auto is_reference = !is_url(text.substr(0, at)) && (target.starts_with("file:") || names_artifact(target));
    if (is_reference)
      return "give the path of the file alone, without `name @`";
  }
  if (!names_artifact(text))
    return {};
  if (text.find(" --") != std::string::npos)
    return "options and hashes are not supported for a file of the project";
  if (text.find(';') != std::string::npos)
    return "markers are not supported for a file of the project";
  if (text.find('[') != std::string::npos)
    return "extras are not supported for a file of the project";
  return {};
}

bool is_inside(const fs::path& inner, const fs::path& outer) {
  auto relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

class requirement_reader {
public:
  requirement_reader(const project_config& config, const console& messages) : config_{config}, messages_{messages} {}

  requirement_list from_file() {
    auto name = config_.build.python_requirements;
    auto path = fs::path{config_.folder} / name;
    std::ifstream in{path};
    if (!in)
      throw config_error{config_.place("build.python_requirements") + "cannot read " + path.string()};
    folder_ = path.parent_path();
    for (auto& [number, text] : logical_lines(in))
      take(text, name + ":" + std::to_string(number) + ": ");
    return std::move(list_);
  }

  requirement_list from_packages() {
    folder_ = config_.folder;
    for (size_t i = 0; i < config_.build.python_packages.size(); ++i) {
      auto text = trimmed(config_.build.python_packages[i]);
      if (!text.empty())
        take(text, config_.place("build.python_packages[" + std::to_string(i) + "]"));
    }
    return std::move(list_);
  }

private:
  void take(const std::string& text, const std::string& place) {
    auto name = package_of(text);
    if (name == "cog" || name == "coglet") {
      messages_.warn(place + name + " found in requirements — overriding with the one of this tool");
      return;
    }
    if (auto why = refusal(text); !why.empty())
      throw config_error{place + "cannot install \"" + text + "\": " + why};
    list_.lines.push_back(option_of(text).empty() && names_artifact(text) ? stage(text, place) : text);
  }

  /// Returns the artifact's place in the image.
  std::string stage(const std::string& text, const std::string& place) {
    std::error_code error;
    auto project = fs::canonical(config_.folder, error);
    auto source = fs::canonical(folder_ / text, error);
    if (error)
      throw config_error{place + "local Python package artifact \"" + text + "\" does not exist"};
    if (fs::is_directory(source))
      throw config_error{place + "cannot install \"" + text + "\": local directories are not supported: build a wheel"};
    if (!is_inside(source, project))
      throw config_error{place + "local Python package artifact \"" + text + "\" must be inside the project directory"};
    auto staged = source.lexically_relative(project).string();
    list_.artifacts.push_back({source.string(), staged});
    return std::string{artifact_folder} + "/" + staged;
  }

  const project_config& config_;
  const console& messages_;
  fs::path folder_;
  requirement_list list_;
};

}   // namespace

requirement_list read_requirements(const project_config& config, const console& messages) {
  requirement_reader reader{config, messages};
  return config.build.python_requirements.empty() ? reader.from_packages() : reader.from_file();
}

std::string package_of(std::string_view line) {
  size_t length = 0;
  while (length < line.size() && is_name_character(static_cast<unsigned char>(line[length])))
    ++length;
  auto rest = trimmed(line.substr(length));
  auto ends_name = rest.empty() || rest.find_first_of("=<>!~[;@,") == 0 || rest.starts_with("--");
  return length == 0 || line.front() == '-' || line.front() == '.' || !ends_name ? std::string{}
                                                                                 : lower_case(line.substr(0, length));
}

std::string version_of(std::string_view line) {
  auto at = line.find_first_of("=<>!~");
  if (package_of(line).empty() || at == std::string_view::npos ||
      line.substr(0, at).find_first_of(";@") != std::string_view::npos)
    return {};
  auto rest = trimmed(line.substr(line.find_first_not_of("=<>!~", at)));
  return trimmed(rest.substr(0, rest.find_first_of(" ,;<>=!~")));
}

bool is_pinned(std::string_view line) {
  auto version = version_of(line);
  auto at = line.find("==");
  return !version.empty() && at != std::string_view::npos && trimmed(line.substr(at + 2)) == version &&
    trimmed(line.substr(0, at)).size() == package_of(line).size();
}

}   // namespace cog

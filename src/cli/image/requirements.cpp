#include "cli/image/requirements.hpp"
#include "cli/config/words.hpp"
#include "cli/image/requirement_file.hpp"
#include <algorithm>
#include <cctype>
#include <filesystem>

namespace cog {

namespace {

namespace fs = std::filesystem;

bool is_name_character(unsigned char c) {
  return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

bool starts_as_path(std::string_view text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../");
}

/// What a line says before its extras, markers and options; a path may have blanks.
std::string_view target_of(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of(";["), text.find(" --")));
}

bool names_artifact(std::string_view text) {
  auto lower = lower_case(trimmed(target_of(text)));
  return !is_url(text) &&
    (starts_as_path(text) || lower.ends_with(".whl") ||
     std::any_of(artifact_archives.begin(), artifact_archives.end(),
                 [&](auto ending) { return lower.ends_with(ending); }));
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
  auto file = fs::path{text}.filename().string();
  if (file.ends_with(".whl") && file.find(' ') != std::string::npos)
    return "the name of a wheel has no blanks: give the file the name it was built with";
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
    folder_ = path.parent_path();
    for (auto& [number, text] : requirement_lines(config_))
      if (text != "-e .")
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
    if (name == "cog" || name == "coglet" || name == "cog-cpp") {
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

std::vector<numbered_line> requirement_lines(const project_config& config) {
  auto& name = config.build.python_requirements;
  if (name.empty())
    return {};
  try {
    return read_requirement_lines((fs::path{config.folder} / name).string());
  } catch (const command_error& error) {
    throw config_error{config.place("build.python_requirements") + error.what()};
  }
}

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
  if (length == 0 || line.front() == '-' || line.front() == '.' || !ends_name)
    return {};
  std::string name;
  for (char c : lower_case(line.substr(0, length))) {
    auto separates = c == '-' || c == '_' || c == '.';
    if (!separates)
      name += c;
    else if (!name.ends_with('-'))
      name += '-';
  }
  return name;
}

std::string specifier_of(std::string_view line) {
  auto at = line.find_first_of("=<>!~;@");
  if (package_of(line).empty() || at == std::string_view::npos || line[at] == ';' || line[at] == '@')
    return {};
  auto rest = line.substr(at);
  return trimmed(rest.substr(0, std::min(rest.find(';'), rest.find(" --"))));
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

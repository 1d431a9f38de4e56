#include "cli/image/implied_packages.hpp"
#include "cli/config/words.hpp"
#include "cli/image/requirements.hpp"
#include "io/ignore_rules.hpp"
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>

namespace cog {

namespace {

namespace fs = std::filesystem;

struct known_module {
  std::string_view module;
  std::string_view package;   // as indexes know it
  std::string_view requirement;
};

constexpr std::array<known_module, 4> known_modules{{
  {"requests", "requests", "requests"},
  {"structlog", "structlog", "structlog"},
  {"typing_extensions", "typing-extensions", "typing_extensions"},
  {"yaml", "pyyaml", "PyYAML"},
}};

bool is_no_source(const fs::directory_entry& folder) {
  auto name = folder.path().filename().string();
  return name.starts_with('.') || name == "__pycache__" || name == "node_modules" || name == "site-packages" ||
    fs::exists(folder.path() / "pyvenv.cfg");
}

/// The Python files that a build copies, the shallowest first, with their paths in the project.
std::vector<std::string> source_files(const fs::path& project) {
  std::vector<std::string> files;
  auto rules = ignore_rules::of_project(project.string());
  std::error_code error;
  fs::recursive_directory_iterator entry{project, fs::directory_options::skip_permission_denied, error};
  for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
    auto path = entry->path().lexically_relative(project).string();
    std::error_code unreadable;
    auto ignored = rules.ignores(path);
    if (entry->is_directory(unreadable)) {
      if (is_no_source(*entry) || (ignored && !rules.has_exceptions()))
        entry.disable_recursion_pending();
    } else if (!ignored && path.ends_with(".py") && entry->is_regular_file(unreadable)) {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end(), [](auto& left, auto& right) {
    auto depth = [](auto& path) { return std::count(path.begin(), path.end(), '/'); };
    return std::pair{depth(left), left} < std::pair{depth(right), right};
  });
  return files;
}

/// The modules that a line imports, without what is in them.
std::set<std::string> imports_of(std::string_view line) {
  std::set<std::string> modules;
  auto top = [](const std::string& name) { return name.substr(0, name.find_first_of(". \t#")); };
  for (auto& part : split(line, ";")) {
    auto statement = trimmed(part);
    if (statement.starts_with("from "))
      modules.insert(top(trimmed(statement.substr(5))));
    else if (statement.starts_with("import "))
      for (auto& name : split(statement.substr(7), ","))
        modules.insert(top(trimmed(name)));
  }
  return modules;
}

bool names_package(const std::string& line, std::string_view package) {
  auto name = package_of(line);
  return name == package || (name.empty() && lower_case(line).find(package) != std::string::npos);
}

bool has_hashes(const std::vector<std::string>& requirements) {
  return std::any_of(requirements.begin(), requirements.end(),
                     [](auto& line) { return line.find("--hash") != std::string::npos; });
}

}   // namespace

std::vector<implied_package> find_implied_packages(const project_config& config,
                                                   const std::vector<std::string>& requirements) {
  auto project = fs::path{config.folder};
  std::vector<known_module> wanted;
  for (auto& known : known_modules) {
    auto named = std::any_of(requirements.begin(), requirements.end(),
                             [&](auto& line) { return names_package(line, known.package); });
    auto module = std::string{known.module};
    if (!named && !fs::exists(project / (module + ".py")) && !fs::exists(project / module))
      wanted.push_back(known);
  }
  std::vector<implied_package> found;
  if (wanted.empty())
    return found;
  for (auto& path : source_files(project)) {
    std::ifstream file{project / path};
    size_t number = 1;
    for (std::string line; std::getline(file, line); ++number) {
      if (line.find("import") == std::string::npos)
        continue;
      auto modules = imports_of(line);
      std::erase_if(wanted, [&](auto& known) {
        auto module = std::string{known.module};
        if (!modules.contains(module))
          return false;
        found.push_back({std::string{known.requirement}, module, path + ":" + std::to_string(number)});
        return true;
      });
    }
  }
  return found;
}

void add_implied_packages(const project_config& config, std::vector<std::string>& requirements,
                          const console& messages) {
  auto file = config.build.python_requirements.empty() ? config.file : config.build.python_requirements;
  for (auto& one : find_implied_packages(config, requirements)) {
    auto imports = one.place + " imports " + one.module + ", which " + file + " does not name: ";
    if (has_hashes(requirements)) {
      messages.warn(imports + "add " + one.package + " with its hash");
      continue;
    }
    imports.append(one.package).append(" is installed, as with Cog's own SDK. Add ");
    messages.warn(imports.append(one.package).append(" to ").append(file));
    requirements.push_back(one.package);
  }
}

}   // namespace cog

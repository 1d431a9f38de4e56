#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/image/requirements.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Something that no Python package brings, and that a slim image lacks.
struct system_tool {
  std::string probe;                   // a shell condition: it is there
  std::vector<std::string> packages;   // of Debian and Ubuntu
  std::string needed_by;               // `curl in build.run[0]`
};

/// The packages that bring a program; empty for those that no table has.
std::vector<std::string> packages_of_program(std::string_view program);

/// The packages that bring a shared library such as libGL.so.1; empty for those that no table has.
std::vector<std::string> packages_of_library(std::string_view library);

/// What the steps and requirements need, unless the project names it itself. `has_compiler`: the base brings one.
std::vector<system_tool> find_system_tools(const project_config& config, const std::vector<run_step>& steps,
                                           const requirement_list& requirements, bool has_compiler);

/// What a package is called now that had another name in earlier Debian and Ubuntu releases.
std::string current_package_name(const std::string& name);

/// Puts the current names into a step that installs packages.
std::string with_current_package_names(const std::string& command, std::vector<std::string>& replaced);

}   // namespace cog

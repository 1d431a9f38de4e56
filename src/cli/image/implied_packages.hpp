#pragma once
#include "cli/config/cog_yaml.hpp"
#include <string>
#include <vector>

namespace cog {

/// A package that a source file of the project imports and no requirement names. Cog's own SDK depends on it, this one
/// does not.
struct implied_package {
  std::string package;
  std::string module;
  std::string place;   // `run.py:3`
};

std::vector<implied_package> find_implied_packages(const project_config& config,
                                                   const std::vector<std::string>& requirements);

/// Adds these packages to the requirements, and says so.
void add_implied_packages(const project_config& config, std::vector<std::string>& requirements,
                          const console& messages);

}   // namespace cog

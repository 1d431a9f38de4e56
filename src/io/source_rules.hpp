#pragma once
#include "io/ignore_rules.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Which files of a project its model is made of. Paths are relative to the project; that of the project is empty.
class source_rules {
public:
  /// `also`: files that count whatever else is said, beside cog.yaml. Reads the project's .dockerignore.
  source_rules(std::string folder, std::vector<std::string> also);

  /// A Python file, cog.yaml, a list of requirements or .dockerignore; neither ignored nor an editor's own.
  bool is_source(const std::string& path) const;

  /// May there be sources in this folder? Not in hidden ones, virtual environments, caches, and what is ignored.
  bool may_have_sources(const std::string& path) const;

private:
  std::string folder_;
  std::vector<std::string> also_;
  ignore_rules ignored_;
};

}   // namespace cog

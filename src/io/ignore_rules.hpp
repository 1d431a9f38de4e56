#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// The rules of a .dockerignore, as Docker reads them: the last one that fits decides, `!` takes a path in again, and
/// what fits a folder fits all that is in it.
class ignore_rules {
public:
  /// No rules.
  ignore_rules() = default;
  explicit ignore_rules(std::string_view text);

  /// Of the project's .dockerignore; none without one that can be read.
  static ignore_rules of_project(const std::string& folder);

  /// Is a path of the project left out? It is relative and has no `..`.
  bool ignores(const std::string& path) const;

  /// May a path within this folder be taken in again?
  bool has_exceptions() const { return has_exceptions_; }

private:
  struct rule {
    std::string pattern;
    bool takes_in = false;
  };

  std::vector<rule> rules_;
  bool has_exceptions_ = false;
};

/// A rule for exactly this path.
std::string ignore_rule_for(const std::string& path);

}   // namespace cog

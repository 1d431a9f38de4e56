#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/image/requirement_file.hpp"
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// A package of the project itself, which travels into the image.
struct local_artifact {
  std::string source;   // absolute path
  std::string staged;   // relative to the folder of artifacts
};

/// The packages a project asks for, as pip reads them: a requirement each, no comments.
struct requirement_list {
  std::vector<std::string> lines;
  std::vector<local_artifact> artifacts;   // their lines name the place in the image
};

/// Endings of archives that hold a package's sources.
constexpr std::array<std::string_view, 5> artifact_archives{".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"};

/// Where artifacts lie in the image.
constexpr const char* artifact_folder = "/tmp/local_package_artifacts";

/// Of `build.python_requirements`, else of `build.python_packages`. `cog` and `coglet` are left out, with a warning.
/// Throws config_error, with file and line, for what cannot be installed in an image.
requirement_list read_requirements(const project_config& config, const console& messages);

/// Of the file `build.python_requirements`; none without one. Throws config_error.
std::vector<numbered_line> requirement_lines(const project_config& config);

/// The name of a line such as `Torch_X>=2.0` as indexes know it, `torch-x`; empty when the line names no package.
std::string package_of(std::string_view line);

/// The first version after a comparison: `2.0` of `torch>=2.0,<3`; empty without one.
std::string version_of(std::string_view line);

/// `>=2.0,<3` of `torch[a]>=2.0,<3; python_version > "3"`.
std::string specifier_of(std::string_view line);

/// Is the line exactly `name==version`?
bool is_pinned(std::string_view line);

}   // namespace cog

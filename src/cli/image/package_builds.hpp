#pragma once
#include "cli/console.hpp"
#include "cli/image/gpu_choice.hpp"
#include <string>
#include <vector>

namespace cog {

/// What a project's requirements say about the package that decides on CUDA.
struct package_wish {
  std::string line;        // that asks for it; empty: none does
  std::string version;     // `2.1.0` or `2.1.0+cu118`, where the line has exactly one
  std::string specifier;   // else what versions it allows
  std::string build;       // cu118, cpu, ...: of the version, else of the place that the project names; may be empty
};

package_wish find_wish(const std::vector<std::string>& requirements, std::string_view package);

/// `12.4` of the build `cu124`; empty for others.
std::string cuda_of_build(std::string_view build);

/// Warns when a release that the requirements name is not made for the Python.
void check_python_of_packages(const std::vector<std::string>& requirements, const std::string& python,
                              const console& messages);

/// The packages as pip should install them for that choice: indexes of PyTorch's builds first, then the packages. What
/// the project says about a version, a build or an index stays as it is.
std::vector<std::string> rewrite_requirements(const std::vector<std::string>& requirements, const gpu_choice& gpu,
                                              const console& messages);

}   // namespace cog

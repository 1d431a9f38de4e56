#include "cli/image/cure.hpp"
#include "cli/config/words.hpp"
#include "cli/image/system_tools.hpp"
#include <algorithm>
#include <array>
#include <utility>

namespace cog {

namespace {

/// What stands between two texts, the latter one the first behind it; empty when it does not.
std::string between(std::string_view line, std::string_view before, std::string_view after) {
  auto start = line.find(before);
  if (start == std::string_view::npos)
    return {};
  line.remove_prefix(start + before.size());
  auto end = after.empty() ? line.size() : line.find(after);
  return end == std::string_view::npos ? std::string{} : trimmed(line.substr(0, end));
}

/// The last word before a text.
std::string word_before(std::string_view line, std::string_view text) {
  auto end = line.find(text);
  if (end == std::string_view::npos)
    return {};
  line = line.substr(0, end);
  return std::string{line.substr(line.find_last_of(" \t'\"") + 1)};
}

std::string missing(const std::string& what, const std::vector<std::string>& packages) {
  return what + " is not in the image: add \"" + packages.front() +
    "\" to build.system_packages in cog.yaml, or build with --use-cog-base-image";
}

std::string cure_for_program(std::string program) {
  program = program.substr(program.rfind('/') + 1);
  for (std::string_view compiler : {"gcc", "g++", "cc"})
    if (program.ends_with("-" + std::string{compiler}))
      program = compiler;
  if (auto packages = packages_of_program(program); !packages.empty())
    return missing(program, packages);
  return {};
}

std::string cure_for_word_not_found(std::string_view line) {
  std::string word;
  for (auto* text : {": command not found", ": not found"})
    if (word.empty())
      word = word_before(line, text);
  if (word.empty())
    return {};
  if (word.find("python:") != std::string::npos)
    return "there is no image " + word +
      ": choose another build.python_version in cog.yaml, such as a minor release alone";
  if (word.find_first_of("/:") != std::string::npos)
    return {};
  auto cure = cure_for_program(word);
  return !cure.empty() ? cure
                       : word +
      " is not in the image: add the Debian package that has it to build.system_packages in "
      "cog.yaml, or build with --use-cog-base-image";
}

/// What stands before and behind the name of a program that could not be started.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> around_programs{{
  {"Cannot find command '", "'"},
  {"No such file or directory: '", "'"},
  {"unable to execute '", "'"},
  {"error: command '", "' failed: No such file"},
  {"cannot run ", ": No such file"},
  {"tar (child): ", ": Cannot exec"},
  {"env: '", "': No such file"},
  {"env: \u2018", "\u2019: No such file"},
}};

std::string cure_for_missing_program(std::string_view line) {
  for (auto& [before, after] : around_programs)
    if (auto program = between(line, before, after); !program.empty())
      return cure_for_program(program);
  if (line.find("CMake must be installed") != std::string_view::npos)
    return cure_for_program("cmake");
  if (line.find("can't find Rust compiler") != std::string_view::npos)
    return cure_for_program("cargo");
  if (line.find("CUDA_HOME environment variable is not set") != std::string_view::npos)
    return "CUDA's compiler is not in the image: set gpu: true in the build section of cog.yaml";
  return {};
}

std::string cure_for_library(std::string_view line) {
  auto library = word_before(line, ": cannot open shared object file");
  if (library.empty())
    return {};
  auto packages = packages_of_library(library);
  return !packages.empty() ? missing(library, packages)
                           : library +
      " is not in the image: add the Debian package that has it to "
      "build.system_packages in cog.yaml, or build with --use-cog-base-image";
}

std::string cure_for_header(std::string_view line) {
  auto header = between(line, "fatal error: ", ": No such file");
  if (header == "Python.h")
    return missing(header, {"python3-dev"});
  return header.empty() ? std::string{}
                        : header +
      " is not in the image: add the Debian package that has it, one that ends in -dev, to "
      "build.system_packages in cog.yaml";
}

std::string cure_for_package(std::string_view line) {
  auto package = between(line, "Unable to locate package ", "");
  if (package.empty())
    package = between(line, "E: Package '", "' has no installation candidate");
  if (package.empty())
    return {};
  auto name = current_package_name(package);
  return "the base image's release has no package " + package +
    (name != package ? ": write " + name : ": it may have another name there; look for it at packages.debian.org");
}

std::string cure_for_requirement(std::string_view line) {
  auto requirement = between(line, "No matching distribution found for ", "");
  return requirement.empty() ? std::string{}
                             : "pip finds no " + requirement +
      " for the Python of the image: change its version, or build.python_version in cog.yaml";
}

/// Docker's old builder colours each write of a step, which may be half a line.
std::string without_colours(std::string_view line) {
  std::string plain;
  while (!line.empty()) {
    auto begin = line.find("\x1b[");
    plain += line.substr(0, begin);
    auto end = begin == std::string_view::npos ? begin : line.find_first_not_of("0123456789;", begin + 2);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return plain;
}

}   // namespace

std::string find_cure(std::string_view output) {
  auto lines = split(output, "\n");
  std::reverse(lines.begin(), lines.end());
  for (auto& printed : lines) {
    auto line = without_colours(printed);
    for (auto* look : {cure_for_missing_program, cure_for_library, cure_for_header, cure_for_package,
                       cure_for_requirement, cure_for_word_not_found})
      if (auto cure = look(line); !cure.empty())
        return cure;
  }
  return {};
}

}   // namespace cog

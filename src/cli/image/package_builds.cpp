#include "cli/image/package_builds.hpp"
#include "cli/config/words.hpp"
#include "cli/image/requirements.hpp"
#include "cli/image/tables.hpp"
#include "cli/image/versions.hpp"
#include <algorithm>
#include <array>

namespace cog {

namespace {

constexpr const char* pytorch_indexes = "https://download.pytorch.org/whl/";
constexpr std::array<std::string_view, 4> place_options{"-f", "--find-links", "--extra-index-url", "--trusted-host"};

bool is_build(std::string_view word) {
  return word == "cpu" || word == "xpu" || !cuda_of_build(word).empty() || word.starts_with("rocm");
}

/// The `cu118` of a URL that has it as a folder or as a version's suffix.
std::string build_in_url(std::string url) {
  for (auto* separator : {"%2B", "%2b", "+", "-"})
    for (auto at = url.find(separator); at != std::string::npos; at = url.find(separator))
      url.replace(at, std::string_view{separator}.size(), "/");
  for (auto& part : split(url, "/"))
    if (is_build(part))
      return part;
  return {};
}

/// Does the project itself say where PyTorch comes from?
bool names_place(const std::string& line) {
  auto option = line.substr(0, line.find_first_of(" ="));
  return option == "-i" || option == "--index-url" || option == "--no-index" ||
    (line.starts_with('-') && (line.find("pytorch") != std::string::npos || !build_in_url(line).empty()));
}

/// The build of torch or torchvision for this CUDA, or for the CPU.
const torch_release* find_release(std::string torch_release::*version_field, const std::string& version,
                                  const std::string& cuda) {
  const torch_release* best = nullptr;
  for (auto& row : compatibility().torch) {
    if (row.*version_field != version || row.cuda.empty() != cuda.empty())
      continue;
    if (!cuda.empty() && compare_versions(row.cuda, major_minor(cuda)) > 0)
      continue;
    if (best == nullptr || compare_versions(row.cuda, best->cuda) > 0)
      best = &row;
  }
  return best;
}

/// A package's line without the places to look for it, which go to `add_option`: pip takes these on lines of their own.
template <class AddOption>
std::string hoisted(const std::string& line, const AddOption& add_option) {
  auto has_place = std::any_of(place_options.begin(), place_options.end(),
                               [&](auto name) { return line.find(" " + std::string{name}) != std::string::npos; });
  if (line.starts_with('-') || line.starts_with('/') || !has_place)
    return line;
  std::string package;
  std::string option;
  for (auto& word : split(line, " ")) {
    auto name = word.substr(0, word.find('='));
    if (!option.empty()) {
      add_option(joined({option, word}, " "));
      option.clear();
    } else if (std::find(place_options.begin(), place_options.end(), name) != place_options.end()) {
      if (name == word)
        option = name;
      else
        add_option(name + " " + word.substr(name.size() + 1));
    } else if (!word.empty()) {
      package += (package.empty() ? "" : " ") + word;
    }
  }
  return package;
}

/// With `<=version` beside what the line says.
std::string bounded(const std::string& line, const std::string& version) {
  auto end = std::min({line.find(';'), line.find(" --"), line.size()});
  auto rest = line.substr(end);
  return trimmed(line.substr(0, end)) + (specifier_of(line).empty() ? "<=" : ",<=") + version +
    (rest.starts_with(';') ? " " : "") + rest;
}

std::string with_extra(const std::string& line, const std::string& extra) {
  auto end = line.find_first_of(" =<>!~;[");
  if (line.find(extra) != std::string::npos)
    return line;
  if (end != std::string::npos && line[end] == '[')
    return line.substr(0, end + 1) + extra + "," + line.substr(end + 1);
  return line.substr(0, end) + "[" + extra + "]" + (end == std::string::npos ? "" : line.substr(end));
}

class rewriter {
public:
  rewriter(const gpu_choice& gpu, const console& messages) : gpu_{gpu}, messages_{messages} {}

  std::vector<std::string> rewrite(const std::vector<std::string>& requirements) {
    auto lines = requirements;
    for (auto& line : lines)
      line = hoisted(line, [this](const std::string& option) { add_option(option); });
    for (auto& line : lines)
      if (line.starts_with('-'))
        add_option(line);
    own_places_ = std::any_of(options_.begin(), options_.end(), names_place);
    for (auto& line : lines)
      if (!line.starts_with('-'))
        packages_.push_back(package(line));
    options_.insert(options_.end(), packages_.begin(), packages_.end());
    return std::move(options_);
  }

private:
  void add_option(const std::string& option) {
    if (std::find(options_.begin(), options_.end(), option) == options_.end())
      options_.push_back(option);
  }

  std::string package(const std::string& line) {
    auto name = package_of(line);
    if (name == "tensorflow")
      return tensorflow(line);
    if (name != "torch" && name != "torchvision")
      return line;
    if (name == "torch" && !gpu_.torch.empty())
      return torch_within_bound(line);
    if (is_pinned(line) && !own_places_)
      add_index_for(name, version_of(line));
    return line;
  }

  std::string tensorflow(const std::string& line) const {
    auto bound = gpu_.tensorflow.empty() ? line : bounded(line, gpu_.tensorflow);
    return gpu_.tensorflow_packages ? with_extra(bound, "and-cuda") : bound;
  }

  std::string torch_within_bound(const std::string& line) {
    auto* release = find_release(&torch_release::torch, gpu_.torch, gpu_.cuda);
    if (release && !own_places_ && !release->index.empty())
      add_option("--extra-index-url " + release->index);
    return bounded(line, gpu_.torch);
  }

  void add_index_for(const std::string& name, const std::string& version) {
    auto plus = version.find('+');
    if (plus != std::string::npos) {
      if (auto build = version.substr(plus + 1); is_build(build))
        add_option("--extra-index-url " + (pytorch_indexes + build) + "/");
      return;
    }
    auto field = name == "torch" ? &torch_release::torch : &torch_release::torchvision;
    auto* release = find_release(field, version, gpu_.cuda);
    if (release == nullptr)
      messages_.warn(joined({"cog doesn't know which build of", name, version, "fits",
                             gpu_.cuda.empty() ? "the CPU" : "CUDA " + gpu_.cuda, "- it is installed as it is"},
                            " "));
    else if (!release->index.empty())
      add_option("--extra-index-url " + release->index);
  }

  const gpu_choice& gpu_;
  const console& messages_;
  bool own_places_ = false;
  std::vector<std::string> options_;
  std::vector<std::string> packages_;
};

}   // namespace

std::string cuda_of_build(std::string_view build) {
  if (!build.starts_with("cu") || build.size() < 4 || !is_number(build.substr(2)))
    return {};
  auto digits = std::string{build.substr(2)};
  return digits.substr(0, digits.size() - 1) + "." + digits.substr(digits.size() - 1);
}

package_wish find_wish(const std::vector<std::string>& requirements, std::string_view package) {
  package_wish wish;
  for (auto& line : requirements)
    if (wish.line.empty() && package_of(line) == package)
      wish.line = line;
  if (wish.line.empty())
    return wish;
  auto specifier = specifier_of(wish.line);
  auto exact = specifier.starts_with("==") && specifier.find_first_of(",*") == std::string::npos;
  if (exact)
    wish.version = version_of(wish.line);
  else
    wish.specifier = specifier;
  if (auto plus = wish.version.find('+'); plus != std::string::npos)
    wish.build = wish.version.substr(plus + 1);
  else if (wish.line.find("://") != std::string::npos)
    wish.build = build_in_url(wish.line);
  for (auto& line : requirements)
    if (wish.build.empty() && (names_place(line) || line.find(" --") != std::string::npos))
      wish.build = build_in_url(line);
  return wish;
}

void check_python_of_packages(const std::vector<std::string>& requirements, const std::string& python,
                              const console& messages) {
  auto check = [&](const std::string& package, const auto& rows, auto field) {
    auto wish = find_wish(requirements, package);
    std::vector<std::string> pythons;
    for (auto& row : rows)
      if (!wish.version.empty() && matches_version(row.*field, wish.version))
        pythons = row.pythons;
    if (!pythons.empty() && std::find(pythons.begin(), pythons.end(), major_minor(python)) == pythons.end())
      messages.warn(package + "==" + wish.version + " is not made for Python " + major_minor(python) + ", but for " +
                    joined(pythons) + ": set build.python_version to one of them, or take another " + package);
  };
  check("torch", compatibility().torch, &torch_release::torch);
  check("tensorflow", compatibility().tensorflow, &tensorflow_release::tensorflow);
}

std::vector<std::string> rewrite_requirements(const std::vector<std::string>& requirements, const gpu_choice& gpu,
                                              const console& messages) {
  return rewriter{gpu, messages}.rewrite(requirements);
}

}   // namespace cog

#include "cli/image/gpu_choice.hpp"
#include "cli/config/words.hpp"
#include "cli/image/requirements.hpp"
#include "cli/image/tables.hpp"
#include "cli/image/versions.hpp"
#include <algorithm>
#include <optional>
#include <set>

namespace cog {

namespace {

constexpr const char* default_cuda = "11.8";

/// The line that asks for a package.
std::optional<std::string> find_package(const std::vector<std::string>& requirements, std::string_view name) {
  for (auto& line : requirements)
    if (package_of(line) == name)
      return line;
  return std::nullopt;
}

/// The `+cu124` of a version as `12.4`; empty without.
std::string cuda_of_suffix(const std::string& version) {
  auto at = version.find("+cu");
  if (at == std::string::npos || version.size() < at + 5)
    return {};
  auto digits = version.substr(at + 3);
  return digits.substr(0, digits.size() - 1) + "." + digits.substr(digits.size() - 1);
}

class chooser {
public:
  chooser(const project_config& config, const std::vector<std::string>& requirements, const console& messages)
    : config_{config}, requirements_{requirements}, messages_{messages} {
    choice_.cuda = config.build.cuda;
    choice_.cudnn = split(config.build.cudnn, ".").front();
  }

  gpu_choice choose() {
    if (auto line = find_package(requirements_, "tensorflow"))
      from_tensorflow(version_of(*line));
    else if (auto line = find_package(requirements_, "torch"))
      from_torch(version_of(*line));
    if (choice_.cuda.empty())
      choice_.cuda = default_cuda;
    choose_image();
    return choice_;
  }

private:
  [[noreturn]] void fail(std::string_view field, const std::string& text) const {
    throw config_error{config_.place(field) + text};
  }

  std::string packages_field() const {
    return config_.build.python_requirements.empty() ? "build.python_packages" : "build.python_requirements";
  }

  [[noreturn]] void unknown(const std::string& package, const std::string& version) const {
    fail(packages_field(),
         "cog doesn't know what CUDA version is compatible with " + package + "==" + version +
           ". You might need to upgrade Cog, or set build.cuda in cog.yaml.");
  }

  void from_tensorflow(const std::string& version) {
    auto& rows = compatibility().tensorflow;
    auto row = std::find_if(rows.begin(), rows.end(), [&](auto& one) { return one.tensorflow == version; });
    if (row == rows.end()) {
      if (choice_.cuda.empty())
        unknown("tensorflow", version);
      messages_.warn("cog doesn't know whether CUDA " + choice_.cuda + " is compatible with tensorflow==" + version);
      return;
    }
    if (choice_.cuda.empty())
      choice_.cuda = row->cuda;
    else if (split(choice_.cuda, ".")[0] != split(row->cuda, ".")[0])
      fail("build.cuda",
           "Tensorflow " + version + " is incompatible with CUDA " + choice_.cuda + ": TensorFlow " + version +
             " requires CUDA " + row->cuda);
    if (choice_.cudnn.empty())
      choice_.cudnn = row->cudnn;
    else if (choice_.cudnn != row->cudnn)
      fail("build.cudnn",
           "Tensorflow " + version + " is incompatible with CuDNN " + choice_.cudnn + ": TensorFlow " + version +
             " requires CuDNN " + row->cudnn);
  }

  void from_torch(const std::string& version) {
    if (version.empty()) {
      if (choice_.cuda.empty())
        fail(packages_field(), "torch version must be specified when using CUDA, as in torch==2.7.1");
      return;
    }
    std::string best;
    auto exact = cuda_of_suffix(version);
    for (auto& row : compatibility().torch) {
      if (row.cuda.empty() || !matches_version(row.torch, version))
        continue;
      if (best.empty() || compare_versions(row.cuda, best) > 0)
        best = row.cuda;
      if (row.cuda == exact) {
        best = exact;
        break;
      }
    }
    if (best.empty() && choice_.cuda.empty())
      unknown("torch", version);
    if (best.empty())
      messages_.warn("cog doesn't know whether CUDA " + choice_.cuda + " is compatible with torch==" + version);
    if (choice_.cuda.empty())
      choice_.cuda = best;
  }

  void choose_image() {
    std::set<std::string> cudnns;
    for (auto& image : compatibility().cuda_images)
      if (matches_version(image.cuda, choice_.cuda))
        cudnns.insert(image.cudnn);
    if (cudnns.empty())
      fail("build.cuda", "CUDA " + choice_.cuda + " is not supported by Cog: no image nvidia/cuda is known for it");
    if (choice_.cudnn.empty())
      choice_.cudnn = *cudnns.rbegin();
    else if (!config_.build.cudnn.empty() && !cudnns.contains(choice_.cudnn))
      fail("build.cudnn",
           "CUDA " + choice_.cuda + " is incompatible with CuDNN " + choice_.cudnn +
             ": compatible CuDNN versions are: " + joined({cudnns.begin(), cudnns.end()}));
    const cuda_image* best = nullptr;
    auto better = [&](auto& image) {
      auto newer = best ? compare_versions(image.cuda, best->cuda) : 1;
      return newer > 0 || (newer == 0 && compare_versions(image.ubuntu, best->ubuntu) > 0);
    };
    for (auto& image : compatibility().cuda_images)
      if (matches_version(image.cuda, choice_.cuda) && image.cudnn == choice_.cudnn && better(image))
        best = &image;
    if (best == nullptr)
      fail("build.cuda", "no matching base image for CUDA " + choice_.cuda + " and CuDNN " + choice_.cudnn);
    choice_.tag = best->tag;
    choice_.ubuntu = best->ubuntu;
  }

  const project_config& config_;
  const std::vector<std::string>& requirements_;
  const console& messages_;
  gpu_choice choice_;
};

/// The build of torch or torchvision for this CUDA, or for the CPU.
const torch_release* find_release(std::string torch_release::*version_field, const std::string& version,
                                  const std::string& cuda) {
  const torch_release* best = nullptr;
  for (auto& row : compatibility().torch) {
    if (row.*version_field != version.substr(0, version.find('+')) || row.cuda.empty() != cuda.empty())
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
  std::string package;
  std::string option;
  for (auto& word : split(line, " ")) {
    auto name = word.substr(0, word.find('='));
    if (line.starts_with('-')) {
      return line;
    } else if (!option.empty()) {
      add_option(joined({option, word}, " "));
      option.clear();
    } else if (name == "-f" || name == "--find-links" || name == "--extra-index-url") {
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

}   // namespace

gpu_choice choose_gpu(const project_config& config, const std::vector<std::string>& requirements,
                      const console& messages) {
  return config.build.gpu ? chooser{config, requirements, messages}.choose() : gpu_choice{};
}

std::vector<std::string> rewrite_requirements(const std::vector<std::string>& requirements, const gpu_choice& gpu,
                                              const console& messages) {
  std::vector<std::string> options;
  std::vector<std::string> packages;
  auto add_option = [&](const std::string& option) {
    if (std::find(options.begin(), options.end(), option) == options.end())
      options.push_back(option);
  };
  for (auto& asked : requirements) {
    auto line = hoisted(asked, add_option);
    auto name = package_of(line);
    if (line.starts_with('-')) {
      add_option(line);
    } else if (!is_pinned(line) || (name != "torch" && name != "torchvision")) {
      packages.push_back(line);
    } else {
      auto version = version_of(line);
      auto field = name == "torch" ? &torch_release::torch : &torch_release::torchvision;
      if (auto* release = find_release(field, version, gpu.cuda)) {
        add_option("--extra-index-url " + release->index);
        packages.push_back(name + "==" + version.substr(0, version.find('+')));
      } else {
        messages.warn(joined({"cog doesn't know which build of", name, version, "fits",
                              gpu.cuda.empty() ? "the CPU" : "CUDA " + gpu.cuda, "- it is installed as it is"},
                             " "));
        packages.push_back(line);
      }
    }
  }
  options.insert(options.end(), packages.begin(), packages.end());
  return options;
}

}   // namespace cog

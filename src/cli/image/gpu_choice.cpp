#include "cli/image/gpu_choice.hpp"
#include "cli/config/words.hpp"
#include "cli/image/cuda_image.hpp"
#include "cli/image/package_builds.hpp"
#include "cli/image/versions.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr const char* default_cuda = "11.8";

bool has_image(const std::string& cuda, const std::string& cudnn) {
  auto versions = cudnns_of(cuda);
  return cudnn.empty() ? !versions.empty() : std::find(versions.begin(), versions.end(), cudnn) != versions.end();
}

/// Runs on a machine with this CUDA what was built for that one?
bool runs_on(const std::string& cuda, const std::string& built_for) {
  return split(cuda, ".")[0] == split(built_for, ".")[0] && compare_versions(major_minor(cuda), built_for) >= 0;
}

class chooser {
public:
  chooser(const project_config& config, const std::vector<std::string>& requirements, const console& messages)
    : config_{config},
      requirements_{requirements},
      messages_{messages},
      python_{config.build.python_version},
      cudnn_{split(config.build.cudnn, ".").front()} {
    choice_.cuda = config.build.cuda;
    choice_.cudnn = cudnn_;
  }

  gpu_choice choose() {
    if (auto wish = find_wish(requirements_, "tensorflow"); !wish.line.empty())
      from_tensorflow(wish);
    else if (wish = find_wish(requirements_, "torch"); !wish.line.empty())
      from_torch(wish);
    if (choice_.cuda.empty())
      choose_default();
    choose_image();
    return choice_;
  }

private:
  [[noreturn]] void fail(std::string_view field, const std::string& text) const {
    throw config_error{config_.place(field) + text};
  }

  [[noreturn]] void unknown(const std::string& package, const package_wish& wish, const std::string& newest) const {
    auto& build = config_.build;
    auto asked = wish.version.empty() ? package + wish.specifier : package + "==" + wish.version;
    fail(build.python_requirements.empty() ? "build.python_packages" : "build.python_requirements",
         "cog doesn't know what CUDA version is compatible with " + asked +
           (cudnn_.empty() ? "" : " and CuDNN " + cudnn_) + ". The newest release it knows is " + newest +
           "; for another one set build.cuda in cog.yaml to one of " + joined(cudas_of(cudnn_)) + ".");
  }

  void say_bound(const std::string& package, const std::string& version) const {
    messages_.warn(package + " has no exact version: " + package + "<=" + version +
                   " is installed, the newest known, and CUDA " + choice_.cuda + " is used. To keep both, write " +
                   package + "==" + version + ".");
  }

  void from_tensorflow(const package_wish& wish) {
    auto& rows = compatibility().tensorflow;
    auto fits = [&](const tensorflow_release& one) {
      return wish.version.empty() ? satisfies(one.tensorflow, wish.specifier)
                                  : major_minor(one.tensorflow) == major_minor(wish.version);
    };
    auto found = std::find_if(rows.rbegin(), rows.rend(), fits);
    if (found == rows.rend()) {
      if (choice_.cuda.empty())
        unknown("tensorflow", wish, "tensorflow==" + rows.back().tensorflow);
      messages_.warn("cog doesn't know whether CUDA " + choice_.cuda + " is compatible with " + wish.line);
      return;
    }
    auto version = wish.version.empty() ? found->tensorflow : wish.version;
    if (choice_.cuda.empty())
      choice_.cuda = found->cuda;
    else if (split(choice_.cuda, ".")[0] != split(found->cuda, ".")[0])
      fail("build.cuda",
           "Tensorflow " + version + " is incompatible with CUDA " + choice_.cuda + ": TensorFlow " + version +
             " requires CUDA " + found->cuda);
    if (!cudnn_.empty() && cudnn_ != found->cudnn)
      fail("build.cudnn",
           "Tensorflow " + version + " is incompatible with CuDNN " + cudnn_ + ": TensorFlow " + version +
             " requires CuDNN " + found->cudnn + "; leave build.cudnn out");
    if (has_image(choice_.cuda, found->cudnn))
      choice_.cudnn = found->cudnn;
    else
      take_tensorflow_packages(version, found->cudnn);
    if (wish.version.empty() && wish.line.find("://") == std::string::npos) {
      choice_.tensorflow = version;
      say_bound("tensorflow", version);
    }
  }

  void take_tensorflow_packages(const std::string& version, const std::string& cudnn) {
    if (!cudnn_.empty())
      fail("build.cudnn",
           "no image has CUDA " + choice_.cuda + " and CuDNN " + cudnn + ", which TensorFlow " + version +
             " requires; leave build.cudnn out");
    choice_.tensorflow_packages = true;
    messages_.warn("no image has CUDA " + choice_.cuda + " and CuDNN " + cudnn + ", which TensorFlow " + version +
                   " requires: tensorflow[and-cuda] is installed, which brings them as packages");
  }

  void from_torch(const package_wish& wish) {
    auto built_for = cuda_of_build(wish.build);
    const torch_release* best = nullptr;
    for (auto& row : compatibility().torch)
      if (!row.cuda.empty() && fits(row, wish) && better(row, best, built_for))
        best = &row;
    if (best == nullptr) {
      without_release(wish, built_for);
      return;
    }
    if (choice_.cuda.empty())
      choice_.cuda = best->cuda;
    if (wish.version.empty() && wish.line.find("://") == std::string::npos) {
      choice_.torch = best->torch;
      say_bound("torch", best->torch);
    }
  }

  /// CUDA for a torch that no table has.
  void without_release(const package_wish& wish, const std::string& built_for) {
    if (!choice_.cuda.empty())
      messages_.warn("cog doesn't know whether CUDA " + choice_.cuda + " is compatible with " + wish.line);
    else if (!built_for.empty() && has_image(built_for, cudnn_))
      choice_.cuda = built_for;
    else
      unknown("torch", wish, "torch==" + compatibility().torch.back().torch);
  }

  bool fits(const torch_release& row, const package_wish& wish) const {
    if (!wish.version.empty())
      return matches_version(row.torch, wish.version) && (!choice_.cuda.empty() || has_image(row.cuda, cudnn_));
    auto runs = std::find(row.pythons.begin(), row.pythons.end(), major_minor(python_)) != row.pythons.end();
    return runs && satisfies(row.torch, wish.specifier) && has_image(row.cuda, cudnn_) &&
      (choice_.cuda.empty() || runs_on(choice_.cuda, row.cuda));
  }

  /// What was built for the CUDA that the project names, then the newest.
  static bool better(const torch_release& row, const torch_release* best, const std::string& built_for) {
    if (best == nullptr || (row.cuda == built_for) != (best->cuda == built_for))
      return best == nullptr || row.cuda == built_for;
    auto newer = compare_versions(row.torch, best->torch);
    return newer > 0 || (newer == 0 && compare_versions(row.cuda, best->cuda) > 0);
  }

  void choose_default() {
    auto known = cudas_of(cudnn_);
    auto at =
      std::find_if(known.begin(), known.end(), [](auto& one) { return compare_versions(one, default_cuda) >= 0; });
    if (at == known.end())
      fail("build.cudnn", "no image of CUDA has CuDNN " + cudnn_ + ": set build.cudnn to 8 or 9, or leave it out");
    choice_.cuda = *at;
    if (choice_.cuda != default_cuda)
      messages_.warn("CUDA " + choice_.cuda + " is used, the first that has images with CuDNN " + cudnn_ +
                     "; for another one set build.cuda to one of " + joined(known));
  }

  void choose_image() {
    auto cudnns = cudnns_of(choice_.cuda);
    if (cudnns.empty())
      fail("build.cuda",
           "CUDA " + choice_.cuda + " is not supported by Cog: no image nvidia/cuda is known for it. Known are " +
             joined(cudas_of({})));
    if (choice_.cudnn.empty())
      choice_.cudnn = cudnns.back();
    else if (!has_image(choice_.cuda, choice_.cudnn)) {
      auto others = cudas_of(choice_.cudnn);
      fail("build.cudnn",
           "CUDA " + choice_.cuda + " is incompatible with CuDNN " + choice_.cudnn +
             ": compatible CuDNN versions are: " + joined(cudnns) +
             (others.empty() ? "" : "; CuDNN " + choice_.cudnn + " comes with CUDA " + joined(others)));
    }
    auto* image = find_cuda_image(choice_.cuda, choice_.cudnn, python_);
    choice_.tag = image->tag;
    choice_.ubuntu = image->ubuntu;
  }

  const project_config& config_;
  const std::vector<std::string>& requirements_;
  const console& messages_;
  std::string python_;
  std::string cudnn_;   // as the project wants it
  gpu_choice choice_;
};

}   // namespace

gpu_choice choose_gpu(const project_config& config, const std::vector<std::string>& requirements,
                      const console& messages) {
  return config.build.gpu ? chooser{config, requirements, messages}.choose() : gpu_choice{};
}

}   // namespace cog

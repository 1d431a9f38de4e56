#include "cli/image/plan.hpp"
#include "cli/config/words.hpp"
#include "cli/image/cuda_image.hpp"
#include "cli/image/implied_packages.hpp"
#include "cli/image/package_builds.hpp"
#include "cli/image/tables.hpp"
#include "cli/image/versions.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr const char* default_python = "3.13";
constexpr const char* oldest_base_cuda = "11.6";
constexpr const char* oldest_base_torch = "2.0.0";

std::string python_of(const project_config& config) {
  return config.build.python_version.empty() ? default_python : config.build.python_version;
}

/// The highest patch of a torch release that base images are made for.
std::string base_torch(const std::string& wanted, const std::string& cuda, const std::string& python) {
  std::string best;
  for (auto& row : compatibility().torch) {
    auto has_python = std::find(row.pythons.begin(), row.pythons.end(), python) != row.pythons.end();
    if (matches_version(row.torch, wanted) && row.cuda == cuda && has_python &&
        compare_versions(row.torch, oldest_base_torch) >= 0 && (best.empty() || compare_versions(row.torch, best) > 0))
      best = row.torch;
  }
  return best;
}

bool has_cuda(const std::string& cuda) {
  auto& images = compatibility().cuda_images;
  return compare_versions(cuda, oldest_base_cuda) >= 0 &&
    std::any_of(images.begin(), images.end(), [&](auto& image) { return matches_version(image.cuda, cuda); });
}

bool has_python(const std::string& python) {
  auto& rows = compatibility().torch;
  return compare_versions(python, "3.10") >= 0 && std::any_of(rows.begin(), rows.end(), [&](auto& row) {
           return std::find(row.pythons.begin(), row.pythons.end(), python) != row.pythons.end();
         });
}

std::string or_none(const std::string& text) {
  return text.empty() ? "(none)" : text;
}

/// `cuda11.8-python3.10-torch2.0.1`; absent parts are left out.
std::string cog_base_tag(const project_config& config, const gpu_choice& gpu,
                         const std::vector<std::string>& requirements, const console& messages) {
  auto full = python_of(config);
  auto python = major_minor(full);
  if (python != full)
    messages.warn("base images have no patch version of Python: " + python + " is used instead of " + full);
  auto cuda = major_minor(gpu.cuda);
  std::string wanted;
  for (auto& line : requirements)
    if (package_of(line) == "torch")
      wanted = version_of(line);
  auto torch = wanted.empty() ? std::string{} : base_torch(wanted, cuda, python);
  if (!has_python(python) || (!cuda.empty() && !has_cuda(cuda)))
    throw config_error{"unsupported base image configuration: CUDA: " + or_none(cuda) + " / Python: " +
                       or_none(python) + " / Torch: " + or_none(torch) + "; leave --use-cog-base-image out"};
  return (cuda.empty() ? "" : "cuda" + cuda + "-") + "python" + python + (torch.empty() ? "" : "-torch" + torch);
}

void choose_base(image_plan& plan, const project_config& config, const base_flags& flags,
                 const std::vector<std::string>& requirements, const console& messages) {
  auto& chosen = flags.override_image.empty() ? config.build.base_image : flags.override_image;
  auto python = python_of(config);
  if (!chosen.empty()) {
    plan.base = chosen;
    plan.foreign_base = true;
  } else if (flags.use_cog_base_image.value_or(false)) {
    plan.base = flags.registry + "/cog-base:" + cog_base_tag(config, plan.gpu, requirements, messages);
    plan.foreign_base = true;
    plan.cog_base = true;
  } else if (config.build.gpu && flags.use_cuda_base_image != "false") {
    plan.base = "nvidia/cuda:" + plan.gpu.tag;
    auto* row = python_row(plan.gpu.ubuntu);
    if (row == nullptr || !has_python_image(*row, major_minor(python)))
      throw config_error{config.place("build.cuda") + "CUDA " + plan.gpu.cuda + " has images for Ubuntu " +
                         plan.gpu.ubuntu + " only, where no Python " + python +
                         " runs: set a newer build.cuda, or build.base_image"};
    if (!has_python_image(*row, python)) {
      messages.warn("Python " + python + " has no image for Ubuntu " + plan.gpu.ubuntu + ", the base for CUDA " +
                    plan.gpu.cuda + ": the newest " + major_minor(python) + " is used. To keep " + python +
                    ", set build.cuda to 12.9 or less");
      python = major_minor(python);
    }
    plan.python = python_stage{"python:" + python + "-" + row->image, row->packages};
  } else {
    plan.base = "python:" + python + "-slim";
  }
}

void take_current_names(image_plan& plan, const project_config& config, const console& messages) {
  auto say = [&](const std::string& field, const std::string& old_name) {
    auto name = current_package_name(old_name);
    messages.warn(config.place(field) + old_name + " is gone from Debian and Ubuntu, its name is " + name +
                  " now: " + name + " is installed instead");
  };
  plan.system_packages = config.build.system_packages;
  for (size_t i = 0; i < plan.system_packages.size(); ++i)
    if (auto& package = plan.system_packages[i]; current_package_name(package) != package) {
      say("build.system_packages[" + std::to_string(i) + "]", package);
      package = current_package_name(package);
    }
  for (auto& step : plan.steps) {
    std::vector<std::string> replaced;
    step.command = with_current_package_names(step.command, replaced);
    for (auto& package : replaced)
      say("build.run", package);
  }
}

void say_tools(const image_plan& plan, const console& messages) {
  std::vector<std::string> needs;
  for (auto& tool : plan.tools)
    needs.push_back(tool.needed_by);
  if (!needs.empty())
    messages.info("Also installed" + std::string{plan.foreign_base ? ", unless " + plan.base + " has them" : ""} +
                  ": " + joined(needs) + " (build.system_packages can name them)");
}

}   // namespace

std::vector<run_step> checked_steps(const project_config& config) {
  auto steps = config.build.run;
  for (auto& command : config.build.pre_install)
    steps.push_back({command, {}});
  for (size_t i = 0; i < steps.size(); ++i) {
    steps[i].command = trimmed(steps[i].command);
    if (steps[i].command.find('\n') == std::string::npos)
      continue;
    auto from_run = i < config.build.run.size();
    auto field = from_run ? "build.run[" + std::to_string(i) + "]"
                          : "build.pre_install[" + std::to_string(i - config.build.run.size()) + "]";
    throw config_error{config.place(field) + "One of the commands in '" + (from_run ? "run" : "pre_install") +
                       "' contains a new line, which won't work: put each command in an item of its own, or join them "
                       "with && in one line"};
  }
  return steps;
}

image_plan plan_image(const project_config& config, const base_flags& flags, const console& messages) {
  image_plan plan;
  auto asked = read_requirements(config, messages);
  add_implied_packages(config, asked.lines, messages);
  check_python_of_packages(asked.lines, python_of(config), messages);
  plan.gpu = choose_gpu(config, asked.lines, messages);
  plan.artifacts = asked.artifacts;
  plan.requirements = rewrite_requirements(asked.lines, plan.gpu, messages);
  choose_base(plan, config, flags, asked.lines, messages);
  plan.environment = config.environment;
  std::sort(plan.environment.begin(), plan.environment.end());
  plan.steps = checked_steps(config);
  take_current_names(plan, config, messages);
  plan.tools = find_system_tools(config, plan.steps, asked, plan.python.has_value());
  say_tools(plan, messages);
  plan.run = config.run;
  plan.train = config.train;
  plan.max_concurrency = config.max_concurrency;
  plan.config_file = config.file;
  return plan;
}

}   // namespace cog

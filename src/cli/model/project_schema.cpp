#include "cli/model/project_schema.hpp"
#include "cli/engine/process.hpp"
#include "cli/model/input_file.hpp"
#include <cstdlib>

namespace cog {

namespace {

/// The interpreter that the tool was installed with, else whichever there is.
std::string any_python() {
  auto* own = std::getenv("COG_PYTHON");
  for (auto& name : {std::string{own ? own : ""}, std::string{"python3"}, std::string{"python"}})
    if (auto found = name.empty() ? std::string{} : find_in_path(name); !found.empty())
      return found;
  return {};
}

}   // namespace

std::string project_schema(const project_config& config, const installation& tool, bool training,
                           std::string& problem) {
  if (auto* given = std::getenv("COG_OPENAPI_SCHEMA"); given && *given)
    return read_input_file(given);
  auto python = any_python();
  if (python.empty()) {
    problem = "no python3 on PATH";
    return {};
  }
  process_plan plan{{python, "-m", "cog.schema", "--static"}};
  if (!config.run.empty())
    plan.command.push_back(config.run);
  if (training && config.run.empty())
    plan.command.insert(plan.command.end(), {config.train, "--mode", "train"});
  else if (!config.train.empty())
    plan.command.insert(plan.command.end(), {"--train", config.train});
  plan.environment = {"PYTHONPATH=" + tool.packages, "PYTHONDONTWRITEBYTECODE=1"};
  plan.directory = config.folder;
  auto answer = run_captured(plan);
  if (answer.status == 0)
    return answer.out;
  problem = answer.err;
  return {};
}

}   // namespace cog

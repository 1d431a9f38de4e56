#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/engine/engine.hpp"
#include "cli/engine/installation.hpp"

namespace cog {

/// Runs a project on this machine, in its environment `.cog/venv`, without root and without Docker.
class host_engine : public engine {
public:
  /// Makes the environment. Throws command_error.
  host_engine(const project_config& config, const installation& tool, const console& messages);

  bool has_images() const override { return false; }
  std::unique_ptr<running> start(const run_plan& plan) override;

  /// The environment's Python.
  std::string python() const { return venv_ + "/bin/python"; }

private:
  std::vector<std::string> variables(const run_plan& plan) const;

  const project_config& config_;
  installation tool_;
  std::string venv_;
};

}   // namespace cog

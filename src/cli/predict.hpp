#pragma once
#include "cli/launch.hpp"
#include "cli/model/inputs.hpp"
#include "cli/model/output.hpp"
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// What `cog run` or `cog train` is asked for.
struct prediction_request_flags {
  launch_flags launch;
  std::string image;   // empty: the project's source
  std::vector<std::string> inputs;
  std::optional<std::string> json;
  std::optional<std::string> output;
  uint32_t setup_timeout = 300;   // seconds
  bool use_replicate_token = false;
  bool training = false;
  bool list_inputs = false;   // instead of a prediction
};

/// Starts a model, makes one prediction (or training) and writes its output. Throws command_error, or silent_exit when
/// all has been said.
void predict(const session& common, const prediction_request_flags& flags);

}   // namespace cog

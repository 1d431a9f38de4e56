#pragma once
#include "cli/config/yaml_reader.hpp"

namespace cog {

/// What cog.yaml says that project_config holds in another form.
struct raw_values {
  std::string predict;
  std::vector<std::string> environment;
  std::optional<int64_t> max_concurrency;
  std::optional<int64_t> default_target;
};

/// Checks values and completes `config` from `raw`. Every problem goes to the reader.
void validate(yaml_reader& reader, project_config& config, const raw_values& raw);

/// The part for `weights` and `model`.
void validate_weights(yaml_reader& reader, const project_config& config);

}   // namespace cog

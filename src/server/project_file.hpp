#pragma once
#include "pool/health_state.hpp"
#include "settings/server_config.hpp"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cog {

/// What the project's cog.yaml says of serving.
struct project_file {
  std::string reference;                       // of the model; with `train` as the mode, of what trains it
  uint64_t max_concurrency = 0;                // 0: not given
  std::map<std::string, std::string> others;   // `build.gpu`: all else as YAML, two levels deep
  std::string problem;                         // why it cannot be read, with its place; empty: it can, or is not there
};

project_file read_project_file(const std::string& path, const std::string& mode);

/// Files beside the usual ones that a change of starts the workers again for.
std::vector<std::string> also_watched(const server_config& config);

/// Follows the project's files while the server runs. A value of cog.yaml that changes is taken over, whatever else had
/// said otherwise at the start; what only a new start can take over is said in the log.
class project_changes {
public:
  explicit project_changes(const server_config& config);

  /// After a change of these files.
  model_source read(const std::vector<std::string>& changed);

private:
  std::string path_;
  std::string mode_;
  project_file known_;
  model_source now_;
};

}   // namespace cog

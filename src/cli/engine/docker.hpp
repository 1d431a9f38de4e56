#pragma once
#include "cli/engine/engine.hpp"
#include "cli/engine/process.hpp"
#include <map>
#include <optional>

namespace cog {

/// A `docker` command that reaches an engine.
struct docker_client {
  std::string program;
  std::string server_version;

  /// Runs `docker words...` to its end.
  captured run(std::vector<std::string> words) const;

  /// The same; a long wait for `what` is told.
  captured run_telling(std::vector<std::string> words, const console& messages, std::string what) const;

  /// The same with its progress shown on standard error, and `in` as standard input (-1: none).
  captured run_shown(std::vector<std::string> words, const console& messages, int in = -1) const;
};

/// Why a `docker` command failed, in its own words: the last line, without what it says of who answered.
std::string docker_words(const captured& failed);

/// Looks in PATH and the usual places for a `docker` command whose engine answers. Null, with `problem` saying why, when
/// there is none.
std::optional<docker_client> find_docker(std::string& problem);

class docker_engine : public engine {
public:
  docker_engine(docker_client client, const console& messages) : client_{std::move(client)}, messages_{messages} {
    // nop
  }

  bool has_images() const override { return true; }
  std::unique_ptr<running> start(const run_plan& plan) override;

  /// The labels of an image, which is pulled when it is not here. Throws command_error.
  std::map<std::string, std::string> labels(const std::string& image) const;

private:
  docker_client client_;
  const console& messages_;
};

}   // namespace cog

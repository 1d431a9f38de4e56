#pragma once
#include "cli/engine/docker.hpp"
#include "cli/image/image_flags.hpp"
#include <string>
#include <utility>
#include <vector>

namespace cog {

/// One run of `docker build`.
struct docker_build {
  std::string tag;
  std::string dockerfile;   // path
  std::string context;      // folder
  std::vector<std::pair<std::string, std::string>> labels{};
  bool with_secrets = false;
};

/// Builds images through a `docker` command.
class docker_builder {
public:
  /// Takes a command that knows BuildKit when there is one, else the old builder, and says so. Throws command_error when
  /// no engine can be reached.
  docker_builder(const session& common, const image_flags& flags, std::string project);

  bool buildkit() const { return buildkit_; }
  const docker_client& client() const { return client_; }

  /// What the build prints goes to standard error. Throws command_error when it fails, silent_exit after a signal.
  void build(const docker_build& what) const;

  bool has_image(const std::string& name) const;

  /// The value of an image's label; empty when there is no such label, or no such image here.
  std::string label(const std::string& image, const std::string& name) const;

  /// Pulls an image unless it is here. Throws command_error.
  void fetch(const std::string& image) const;

  /// The layers of an image that is here, by the digests of their content, the lowest first.
  std::vector<std::string> layers(const std::string& image) const;

  /// Runs a program in an image, without network, to its end; a long wait for `what` is told.
  captured run(const std::string& image, const std::vector<std::string>& command, std::string what) const;

  void remove_tag(const std::string& name) const;

private:
  std::string secret(const std::string& text) const;

  const console& messages_;
  const image_flags& flags_;
  std::string project_;
  docker_client client_;
  bool buildkit_ = false;
};

}   // namespace cog

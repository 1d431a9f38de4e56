#include "cli/image/docker_builder.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/foreground.hpp"
#include "cli/image/build_output.hpp"
#include "cli/image/cure.hpp"
#include <array>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace cog {

namespace {

namespace fs = std::filesystem;

/// Later clients have BuildKit only as a plug-in.
constexpr int first_without_buildkit = 23;

bool has_plugin(const docker_client& client) {
  return client.run({"buildx", "version"}).status == 0;
}

bool has_buildkit(const docker_client& client) {
  auto version = client.run({"version", "--format", "{{.Client.Version}}"});
  return std::atoi(version.out.c_str()) < first_without_buildkit || has_plugin(client);
}

bool buildkit_refused() {
  auto* value = std::getenv("DOCKER_BUILDKIT");
  return value != nullptr && std::string_view{value} == "0";
}

}   // namespace

docker_builder::docker_builder(const session& common, const image_flags& flags, std::string project)
  : messages_{common.messages}, flags_{flags}, project_{std::move(project)} {
  std::string problem;
  auto found = find_docker(problem);
  if (!found)
    throw command_error{"Docker cannot be used: " + problem};
  client_ = *found;
  if (buildkit_refused())
    return;
  buildkit_ = has_buildkit(client_);
  constexpr const char* other = "/usr/bin/docker";
  if (!buildkit_ && client_.program != other && access(other, X_OK) == 0) {
    docker_client candidate{other, client_.server_version};
    if (candidate.run({"version"}).status == 0 && has_buildkit(candidate)) {
      client_ = candidate;
      buildkit_ = true;
    }
  }
  if (!buildkit_)
    common.messages.warn(client_.program +
                         " has no BuildKit (its plug-in buildx is missing): building with the old "
                         "builder, without caches between builds and without secrets");
}

std::string docker_builder::secret(const std::string& text) const {
  std::vector<std::string> parts = split(text, ",");
  for (auto& part : parts) {
    auto at = part.find('=');
    auto key = part.substr(0, at);
    if (at == std::string::npos || (key != "id" && key != "src" && key != "source" && key != "env" && key != "type"))
      throw command_error{"invalid secret \"" + text + "\": write id=NAME,src=FILE or id=NAME,env=VARIABLE"};
    if (key == "src" || key == "source")
      part = "src=" + (fs::path{project_} / part.substr(at + 1)).string();
  }
  return joined(parts, ",");
}

void docker_builder::build(const docker_build& what) const {
  std::vector<std::string> words{client_.program, "build", "--file", what.dockerfile, "--tag", what.tag};
  if (buildkit_)
    words.insert(words.end(), {"--platform", "linux/amd64"});
  if (flags_.progress == "quiet")
    words.emplace_back("--quiet");
  else if (buildkit_)
    words.insert(words.end(), {"--progress", flags_.progress});
  if (flags_.no_cache)
    words.emplace_back("--no-cache");
  if (flags_.timestamp >= 0)
    words.insert(words.end(), {"--build-arg", "SOURCE_DATE_EPOCH=" + std::to_string(flags_.timestamp)});
  for (auto& [name, value] : what.labels)
    words.insert(words.end(), {"--label", joined({name, value}, "=")});
  if (what.with_secrets)
    for (auto& text : flags_.secrets)
      words.insert(words.end(), {"--secret", secret(text)});
  words.push_back(what.context);
  process_plan plan{std::move(words), {buildkit_ ? "DOCKER_BUILDKIT=1" : "DOCKER_BUILDKIT=0"}};
  plan.in = -1;
  plan.own_group = true;
  bool animated = buildkit_ && flags_.progress != "plain" && isatty(STDERR_FILENO) != 0;
  foreground standing_by{messages_, "docker build", animated ? news::none : news::lines};
  build_output output{animated};
  plan.out = plan.err = output.input();
  process program{plan};
  output.close_input();
  auto status = standing_by.wait(program);
  if (status == 0)
    return;
  auto cure = find_cure(output.finish());
  throw command_error{"Failed to build Docker image: image build failed: docker build ended with status " +
                      std::to_string(status) + (cure.empty() ? "" : "\n" + cure)};
}

bool docker_builder::has_image(const std::string& name) const {
  return client_.run({"image", "inspect", "--format", "{{.Id}}", name}).status == 0;
}

std::string docker_builder::label(const std::string& image, const std::string& name) const {
  auto shown = client_.run({"image", "inspect", "--format", "{{index .Config.Labels \"" + name + "\"}}", image});
  return shown.status == 0 ? trimmed(shown.out) : std::string{};
}

void docker_builder::fetch(const std::string& image) const {
  if (has_image(image))
    return;
  auto pulled = client_.run_shown({"pull", "--platform", "linux/amd64", image}, messages_);
  if (pulled.status != 0)
    throw command_error{"base image " + image + " is not here and cannot be pulled: " + docker_words(pulled)};
}

std::vector<std::string> docker_builder::layers(const std::string& image) const {
  auto known = client_.run({"image", "inspect", "--format", "{{range .RootFS.Layers}}{{println .}}{{end}}", image});
  auto text = trimmed(known.out);
  return known.status != 0 || text.empty() ? std::vector<std::string>{} : split(text, "\n");
}

captured docker_builder::run(const std::string& image, const std::vector<std::string>& command,
                             std::string what) const {
  std::vector<std::string> words{"run", "--rm", "--network", "none", "--entrypoint", command.front(), image};
  words.insert(words.end(), command.begin() + 1, command.end());
  return client_.run_telling(std::move(words), messages_, std::move(what));
}

void docker_builder::remove_tag(const std::string& name) const {
  client_.run({"image", "rm", "--no-prune", name});
}

}   // namespace cog

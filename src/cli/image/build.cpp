#include "cli/image/build.hpp"
#include "cli/config/words.hpp"
#include "cli/image/build_folder.hpp"
#include "cli/image/certificate.hpp"
#include "cli/image/docker_builder.hpp"
#include "cli/image/dockerfile.hpp"
#include "cli/image/schema.hpp"
#include "cli/image/sdk_wheel.hpp"
#include "cli/image/text_file.hpp"
#include "cli/image/weights.hpp"
#include "io/ignore_rules.hpp"
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace cog {

namespace {

namespace fs = std::filesystem;

/// In bytes; the system takes 128 KiB at most.
constexpr size_t longest_argument = 100'000;

constexpr const char* schema_place = ".cog/openapi_schema.json";

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

bool has_own_schema(const image_flags& flags) {
  return !flags.openapi_schema.empty() || !variable("COG_OPENAPI_SCHEMA").empty();
}

/// Without Git's and without Docker's rules: a name for the image between the two steps.
std::string temporary_tag(const project_config& config, const std::string& name) {
  std::ostringstream tag;
  tag << "cog-tmp:" << std::hex << std::hash<std::string>{}(config.folder + '\n' + name);
  return tag.str();
}

/// Whoever writes the Dockerfile has planned the environment.
image_plan plan_of(const project_config& config, const image_flags& flags, const session& common) {
  if (flags.dockerfile.empty())
    return plan_image(config, base_of(flags, common), common.messages);
  image_plan plan;
  plan.max_concurrency = config.max_concurrency;
  return plan;
}

/// One image being built: the plan, the folder with what the build needs, and the client.
class image_build {
public:
  image_build(const project_config& config, const image_flags& flags, const session& common, std::string name)
    : config_{config},
      flags_{flags},
      common_{common},
      name_{std::move(name)},
      plan_{plan_of(config, flags, common)},
      builder_{common, flags, config.folder},
      folder_{config.folder, common.messages} {
    plan_.buildkit = builder_.buildkit();
    plan_.precompile = flags.precompile;
    plan_.strip = flags.strip && plan_.buildkit;
    if (flags.strip && !plan_.buildkit)
      common.messages.warn("--strip is ignored: it needs BuildKit, which this docker lacks");
    for (auto& step : plan_.steps)
      if (!step.mounts.empty() && !plan_.buildkit)
        throw command_error{config.place("build.run") + "the mounts of \"" + step.command +
                            "\" need BuildKit, which this docker lacks: install docker-buildx"};
  }

  void environment(const std::string& tag) {
    if (!flags_.dockerfile.empty()) {
      builder_.build({tag, fs::absolute(flags_.dockerfile).string(), config_.folder, {}, true});
      return;
    }
    builder_.build({tag, prepare_environment(), folder_.path(), {}, true});
  }

  /// The environment alone, unless the image of that name was made of the very same.
  void changed_environment(const std::string& tag) {
    const std::string label = "run.cog.environment";
    if (!flags_.dockerfile.empty())
      return environment(tag);
    auto dockerfile = prepare_environment();
    auto made_of = weights_manifest(folder_.path(), {"."});
    if (!flags_.no_cache && flags_.secrets.empty() && builder_.label(tag, label) == made_of) {
      common_.messages.info("The Docker image " + tag + " is up to date");
      return;
    }
    common_.messages.info("Building Docker image from environment in cog.yaml...");
    builder_.build({tag, dockerfile, folder_.path(), {{label, made_of}}, true});
  }

  void weights() {
    plan_.weights = find_weights(config_.folder);
    if (plan_.weights.empty())
      return;
    plan_.weights_image = name_ + "-weights";
    auto manifest = weights_manifest(config_.folder, plan_.weights);
    auto kept = config_.folder + "/.cog/cache/weights_manifest.json";
    if (fs::exists(kept) && read_text(kept) == manifest && builder_.has_image(plan_.weights_image)) {
      common_.messages.info("Weights unchanged, skip rebuilding and use cached image...");
      return;
    }
    auto dockerfile = folder_.path() + "/weights.Dockerfile";
    write_text(dockerfile, weights_dockerfile(plan_.weights));
    write_text(dockerfile + ".dockerignore", ignored({}));
    builder_.build({plan_.weights_image, dockerfile, config_.folder});
    write_text(kept, manifest);
  }

  void source(const std::string& from, const label_list& labels) {
    auto dockerfile = folder_.path() + "/source.Dockerfile";
    auto text = builder_.buildkit() ? with_source(from) : with_source_by_old_builder(from);
    label_list short_labels;
    for (auto& [label, value] : labels)
      if (value.size() <= longest_argument)
        short_labels.emplace_back(label, value);
      else
        text += label_instructions(label, value);
    write_text(dockerfile, text);
    write_text(dockerfile + ".dockerignore", ignored(plan_.weights));
    builder_.build({name_, dockerfile, config_.folder, short_labels});
  }

  /// Name, last layer and its place of a Cog base image; nothing for other bases. `image` has been built from it.
  label_list base_labels(const std::string& image) const {
    if (!plan_.cog_base)
      return {};
    auto count = builder_.layers(plan_.base).size();
    auto layers = builder_.layers(image);
    if (count == 0 || layers.size() < count)
      throw command_error{"the layers of " + plan_.base + " cannot be read"};
    return {{"run.cog.cog-base-image-name", plan_.base},
            {"run.cog.cog-base-image-last-layer-sha", layers[count - 1]},
            {"run.cog.cog-base-image-last-layer-idx", std::to_string(count - 1)}};
  }

  std::string pip_freeze(const std::string& image) const {
    auto done = builder_.run(image, {"python", "-m", "pip", "freeze"}, "pip freeze");
    if (done.status != 0)
      common_.messages.warn("cannot list the Python packages of the image: " + trimmed(done.err));
    return done.status == 0 ? done.out : std::string{};
  }

  const image_plan& plan() const { return plan_; }
  const docker_builder& builder() const { return builder_; }

private:
  /// Lays out what the environment is built from; returns the path of its Dockerfile.
  std::string prepare_environment() {
    if (plan_.cog_base)
      builder_.fetch(plan_.base);
    stage();
    auto dockerfile = folder_.path() + "/Dockerfile";
    write_text(dockerfile, environment_dockerfile(plan_));
    common_.messages.debug("Dockerfile:\n" + environment_dockerfile(plan_));
    return dockerfile;
  }

  /// What the environment's build copies.
  void stage() {
    if (!plan_.requirements.empty())
      write_text(folder_.path() + "/requirements.txt", joined(plan_.requirements, "\n") + "\n");
    for (auto& artifact : plan_.artifacts) {
      auto place = fs::path{folder_.path()} / "local_package_artifacts" / artifact.staged;
      fs::create_directories(place.parent_path());
      fs::copy_file(artifact.source, place, fs::copy_options::overwrite_existing);
    }
    if (auto certificates = variable("COG_CA_CERT"); !certificates.empty()) {
      common_.messages.info("Injecting CA certificate from COG_CA_CERT");
      write_text(folder_.path() + "/cog-ca-cert.crt", read_certificates(certificates));
      plan_.certificate = true;
    }
    auto wheel = fs::path{find_sdk_wheel(common_, folder_.path())};
    plan_.wheel = wheel.filename().string();
    if (wheel.parent_path() != folder_.path())
      fs::copy_file(wheel, fs::path{folder_.path()} / plan_.wheel, fs::copy_options::overwrite_existing);
  }

  /// The project's own rules, then ours, which count.
  std::string ignored(const std::vector<std::string>& weights) const {
    auto file = config_.folder + "/.dockerignore";
    auto text = fs::exists(file) ? read_text(file) + "\n" : std::string{};
    text += ".cog\n!" + std::string{schema_place} + "\n";
    for (auto& weight : weights)
      text += ignore_rule_for(weight) + "\n";
    return text;
  }

  std::string further_instructions() const {
    std::string text;
    if (!flags_.dockerfile.empty()) {
      text += "COPY " + std::string{schema_place} + " /src/" + schema_place + "\n";
      if (plan_.max_concurrency)
        text += "ENV COG_MAX_CONCURRENCY=" + std::to_string(*plan_.max_concurrency) + "\n";
    }
    if (has_own_schema(flags_))
      text += "ENV COG_OPENAPI_SCHEMA=/src/" + std::string{schema_place} + "\n";
    return text;
  }

  std::string with_source(const std::string& from) const {
    return "FROM " + from + "\n" + (flags_.dockerfile.empty() ? source_instructions(plan_) : "") +
      further_instructions();
  }

  /// It knows no ignore file but the project's own, so .cog has to go afterwards.
  std::string with_source_by_old_builder(const std::string& from) const {
    if (!flags_.dockerfile.empty())
      return with_source(from);
    return "FROM " + from + " AS source\n" + source_instructions(plan_) +
      "RUN mkdir -p /tmp/kept /src/.cog && (cp /src/" + schema_place +
      " /tmp/kept/ || true) && rm -rf /src/.cog && mv /tmp/kept /src/.cog\n" + "FROM " + from +
      "\nCOPY --from=source /src /src\n" + further_instructions();
  }

  const project_config& config_;
  const image_flags& flags_;
  const session& common_;
  std::string name_;
  image_plan plan_;
  docker_builder builder_;
  build_folder folder_;
};

void tell_of_copies(const project_config& config, const model_facts& model, const console& messages) {
  auto count = concurrency_of(config, model).value_or(1);
  if (count <= 1 || model.asynchronous || config.run.empty())
    return;
  auto wanted = config.max_concurrency ? "concurrency.max is " + std::to_string(count)
                                       : "@cog.concurrent has max=" + std::to_string(count);
  messages.info(wanted + " and " + config.run + " is synchronous: the server loads " + std::to_string(count) +
                " copies of the model");
}

}   // namespace

void build_environment(const project_config& config, const image_flags& flags, const session& common,
                       const std::string& name) {
  image_build{config, flags, common, name}.changed_environment(name);
}

void build_image(const project_config& given, const image_flags& flags, const session& common, const std::string& name,
                 const label_list& more_labels) {
  auto model = read_model(given, flags.openapi_schema, common);
  if (!flags.skip_schema_validation)
    validate_schema(model.schema);
  tell_of_copies(given, model, common.messages);
  auto config = given;
  config.max_concurrency = concurrency_of(given, model);
  image_build build{config, flags, common, name};
  keep_schema(config, model.schema);
  if (flags.separate_weights)
    build.weights();
  auto between = temporary_tag(config, name);
  build.environment(between);
  common.messages.info("Adding labels to image...");
  auto labels = image_labels(config, build.plan().gpu, model.schema, build.pip_freeze(between));
  auto of_base = build.base_labels(between);
  labels.insert(labels.end(), of_base.begin(), of_base.end());
  labels.insert(labels.end(), more_labels.begin(), more_labels.end());
  build.source(between, labels);
  build.builder().remove_tag(between);
}

}   // namespace cog

#include "cli/deploy/model_facts.hpp"
#include "cli/config/cog_yaml.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/process.hpp"
#include "json/json_tree.hpp"
#include <csignal>

namespace cog {

namespace {

constexpr int patience = 10;   // looks at `docker`, five a second

/// The label `run.cog.config`; empty when Docker does not answer at once, or has no such image, or that is no model.
std::string config_label_of(const std::string& image) {
  if (image.empty() || find_in_path("docker").empty())
    return {};
  int looks = 0;
  auto done =
    run_captured({{"docker", "image", "inspect", "--format", "{{index .Config.Labels \"run.cog.config\"}}", image},
                  {},
                  {},
                  -1,
                  -1,
                  -1,
                  true},
                 [&](const process& running) {
                   if (++looks >= patience)
                     running.signal(SIGKILL);
                 });
  return done.status == 0 ? trimmed(done.out) : std::string{};
}

std::string text_of(const json_value* value) {
  std::string scratch;
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

model_facts read_label(const json_value& label) {
  model_facts facts;
  auto* gpu = label.find_path({"build", "gpu"});
  facts.gpu = gpu && gpu->is_true();
  facts.trains = !text_of(label.find("train")).empty();
  if (auto* most = label.find_path({"concurrency", "max"}); most && most->is(json_kind::number))
    facts.max_concurrency = static_cast<uint64_t>(number_value(most->raw));
  if (auto* environment = label.find("environment"))
    for (auto& item : environment->items) {
      auto line = text_of(&item);
      auto equals = line.find('=');
      if (equals != line.npos)
        facts.environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
  return facts;
}

}   // namespace

std::optional<model_facts> read_image(const std::string& image) {
  json_error ignored;
  auto text = config_label_of(image);
  auto label = parse_json(std::string_view{text}, ignored);
  if (!label || !label->is(json_kind::object))
    return std::nullopt;
  return read_label(*label);
}

model_facts read_project(const std::string& folder, const std::string& file, const console& messages) {
  auto config = load_config(folder, file, messages);
  return {config.image,          config.folder,          config.build.gpu,
          !config.train.empty(), config.max_concurrency, config.environment};
}

}   // namespace cog

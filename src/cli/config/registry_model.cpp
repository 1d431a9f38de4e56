#include "cli/config/registry_model.hpp"
#include "cli/image/image_name.hpp"
#include <cstdlib>
#include <ctime>

namespace cog {

namespace {

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

[[noreturn]] void refuse(const char* name, const std::string& value, const std::string& why) {
  throw command_error{std::string{name} + "=" + value + ": " + why};
}

bool begins_with_host(const std::string& name) {
  auto slash = name.find('/');
  auto first = name.substr(0, slash);
  return slash != name.npos && (first == "localhost" || first.find_first_of(".:") != first.npos);
}

/// `[host/]path[:tag]`
registry_model parse(const std::string& text, const std::string& from, const std::string& registry) {
  if (text.find('@') != text.npos)
    throw command_error{from + ": \"" + text + "\" has a digest; a model is named by host, path and tag"};
  auto repository = repository_of(text);
  registry_model model{repository, repository.size() < text.size() ? text.substr(repository.size() + 1) : "", from};
  if (!begins_with_host(model.repository))
    model.repository.insert(0, registry + "/");
  return model;
}

void overlay(registry_model& model, const std::string& registry) {
  auto host = variable("COG_MODEL_REGISTRY");
  auto repository = variable("COG_MODEL_REPO");
  auto tag = variable("COG_MODEL_TAG");
  if (host.find('/') != host.npos)
    refuse("COG_MODEL_REGISTRY", host, "must be a host alone, as in registry.example.com or localhost:5000");
  if (!repository.empty() && (begins_with_host(repository) || repository.find(':') != repository.npos))
    refuse("COG_MODEL_REPO", repository, "must be a path alone, as in your-name/your-model, without host and tag");
  if (!repository.empty()) {
    auto slash = model.repository.find('/');
    auto before = model.repository.empty() ? registry : model.repository.substr(0, slash);
    model.repository = before + "/" + repository;
    model.from = "COG_MODEL_REPO";
  }
  if (model.repository.empty())
    return;
  if (!host.empty())
    model.repository.replace(0, model.repository.find('/'), host);
  if (!tag.empty())
    model.tag = tag;
}

}   // namespace

registry_model find_model(const project_config& config, const std::string& registry) {
  registry_model model;
  if (auto whole = variable("COG_MODEL"); !whole.empty()) {
    model = parse(whole, "COG_MODEL", registry);
  } else {
    if (!config.model.empty())
      model = parse(config.model, config.place("model") + "model", registry);
    overlay(model, registry);
  }
  if (model.repository.empty())
    return model;
  check_image_name(model.tag.empty() ? model.repository : model.repository + ":" + model.tag);
  if (model.tag.starts_with("cog-"))
    throw command_error{model.from + ": the tag \"" + model.tag +
                        "\" is taken: tags that begin with cog- are Cog's own"};
  if (!config.image.empty())
    throw command_error{config.place("image") + "'image' is set, and " + model.from + " names " + model.repository +
                        ": take one of them away, so that it is clear which is meant"};
  return model;
}

std::string name_to_push(const registry_model& model) {
  if (!model.tag.empty())
    return model.repository + ":" + model.tag;
  auto now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::string stamp(16, '\0');
  std::strftime(stamp.data(), stamp.size() + 1, "%Y%m%dT%H%M%SZ", &utc);
  return model.repository + ":" + stamp;
}

}   // namespace cog

#include "cli/deploy/deployment.hpp"
#include "cli/config/cog_yaml.hpp"
#include "cli/config/words.hpp"
#include "cli/image/image_name.hpp"
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <regex>

namespace cog {

namespace {

const std::string* find(const variable_list& variables, std::string_view name) {
  auto found = std::find_if(variables.rbegin(), variables.rend(), [&](auto& one) { return one.first == name; });
  return found == variables.rend() ? nullptr : &found->second;
}

std::optional<uint64_t> number_in(const variable_list& variables, std::string_view name) {
  auto* text = find(variables, name);
  uint64_t number = 0;
  if (text == nullptr || !is_number(*text) ||
      std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{})
    return std::nullopt;
  return number;
}

variable_list read_environment(const std::vector<std::string>& given) {
  static const std::regex form{"[A-Za-z_][A-Za-z0-9_]*"};
  variable_list variables;
  for (auto& text : given) {
    auto equals = text.find('=');
    auto name = text.substr(0, equals);
    if (equals == text.npos || !std::regex_match(name, form))
      throw usage_error{"--env " + text + ": must be NAME=VALUE"};
    for (auto& [fixed, flag] :
         std::initializer_list<std::pair<const char*, const char*>>{{"COG_SHUTDOWN_TIMEOUT", "--drain"},
                                                                    {"COG_SETUP_TIMEOUT", "--setup-timeout"},
                                                                    {"COG_DRAIN_DELAY", ""},
                                                                    {"PORT", ""}})
      if (name == fixed)
        throw usage_error{"--env " + name + ": " +
                          (*flag ? "is set by " + std::string{flag} : "what is generated depends on its own value")};
    std::erase_if(variables, [&](auto& one) { return one.first == name; });
    variables.emplace_back(name, text.substr(equals + 1));
  }
  return variables;
}

/// `[host[:port]/]name[:tag][@sha256:...]`
void check_image(const std::string& image) {
  static const std::regex digest{"sha256:[0-9a-f]{64}"};
  auto at = image.find('@');
  check_image_name(image.substr(0, at));
  if (at != image.npos && !std::regex_match(image.substr(at + 1), digest))
    throw command_error{"invalid image name \"" + image + "\": a digest is written @sha256: and 64 hexadecimal digits"};
}

model_facts find_facts(const deploy_flags& flags, const console& messages) {
  if (auto label = flags.container && !flags.image.empty() ? read_image(flags.image) : std::nullopt)
    return *label;
  auto folder = flags.project.empty() ? std::filesystem::current_path().string() : flags.project;
  if (!flags.container || flags.image.empty() || has_project(folder, flags.file))
    return read_project(folder, flags.file, messages);
  messages.warn("neither the labels of " + flags.image + " nor a " + flags.file +
                " can be read here: the flags alone say what the model needs (--gpus, --env COG_MAX_CONCURRENCY=N)");
  return {};
}

std::string image_of(const deploy_flags& flags, const model_facts& model) {
  auto image = flags.image.empty() ? model.image : flags.image;
  if (image.empty() && !flags.container)
    return image;
  if (image.empty())
    throw command_error{"no image is named: give --image NAME, or set \"image\" in " + flags.file +
                        "; `cog build` without a name makes " + derived_image_name(model.folder)};
  check_image(image);
  return image;
}

/// From the last part of the image's name: letters, digits and dashes, a letter first.
std::string derived_name(const std::string& image) {
  auto repository = repository_of(image);
  std::string name;
  for (auto c : repository.substr(repository.rfind('/') + 1))
    name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
  if (name.front() >= '0' && name.front() <= '9')
    name.insert(0, "cog-");
  constexpr size_t longest = 40;
  name.resize(std::min(name.size(), longest));
  while (name.ends_with('-'))
    name.pop_back();
  return name;
}

std::string name_of(const deploy_flags& flags, const std::string& image) {
  static const std::regex form{"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"};
  if (flags.name.empty())
    return derived_name(image);
  if (!std::regex_match(flags.name, form))
    throw usage_error{"--name " + flags.name +
                      ": must be at most 40 lower-case letters, digits and dashes, a letter first and no dash last"};
  return flags.name;
}

/// A flag, else what the model's own environment says, else the default.
uint64_t seconds_of(const char* flag, const std::string& given, const variable_list& model, const char* variable,
                    uint64_t otherwise) {
  if (!given.empty())
    return read_seconds(flag, given);
  auto own = number_in(model, variable).value_or(0);
  return own > 0 ? own : otherwise;
}

/// As the server will count them (docs/environment.md).
uint64_t count_slots(const deployment& plan) {
  variable_list all = plan.model.environment;
  all.insert(all.end(), plan.environment.begin(), plan.environment.end());
  for (auto slots : {number_in(all, "COG_MAX_CONCURRENCY"), plan.model.max_concurrency, number_in(all, "COG_WORKERS")})
    if (slots.value_or(0) > 0)
      return *slots;
  return std::max<uint64_t>(plan.gpus, 1);
}

bool chooses_workers(const deployment& plan) {
  for (auto* name : {"COG_WORKERS", "COG_MAX_CONCURRENCY"})
    if (find(plan.environment, name) || find(plan.model.environment, name))
      return true;
  return plan.model.max_concurrency.has_value();
}

}   // namespace

uint64_t deployment::grace() const {
  constexpr uint64_t end_of_processes = 10;
  return drain_delay + drain + end_of_processes;
}

deployment plan_deployment(const deploy_flags& flags, const console& messages) {
  deployment plan;
  plan.environment = read_environment(flags.environment);
  plan.model = find_facts(flags, messages);
  plan.image = image_of(flags, plan.model);
  plan.name = name_of(flags, plan.image.empty() ? derived_image_name(plan.model.folder) : plan.image);
  if (flags.container && plan.image.find('@') == plan.image.npos)
    messages.warn("image " + plan.image +
                  " has no digest: what it means may change. `cog push` prints the name with one");
  plan.gpus = flags.gpus.value_or(plan.model.gpu ? 1 : 0);
  plan.drain = seconds_of("--drain", flags.drain, plan.model.environment, "COG_SHUTDOWN_TIMEOUT", plan.drain);
  plan.setup_timeout =
    seconds_of("--setup-timeout", flags.setup_timeout, plan.model.environment, "COG_SETUP_TIMEOUT", plan.setup_timeout);
  plan.slots = count_slots(plan);
  auto all = plan.model.environment;
  all.insert(all.end(), plan.environment.begin(), plan.environment.end());
  plan.queue = number_in(all, "COG_MAX_QUEUE").value_or(0);
  if (!plan.image.empty())
    plan.settings.emplace_back("COG_IMAGE", plan.image);
  for (auto& [name, value] : variable_list{
         {"COG_DRAIN_DELAY", std::to_string(drain_delay)},
         {"COG_SHUTDOWN_TIMEOUT", std::to_string(plan.drain)},
         {"COG_SETUP_TIMEOUT", std::to_string(plan.setup_timeout)},
         {"COG_SHUTDOWN", "off"},
       })
    plan.settings.emplace_back(name, value);
  if (plan.gpus > 1 && !chooses_workers(plan))
    plan.settings.emplace_back("COG_WORKERS", "gpu");
  return plan;
}

}   // namespace cog

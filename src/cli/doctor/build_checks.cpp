#include "cli/config/words.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/hush.hpp"
#include "cli/image/image_flags.hpp"
#include "cli/image/plan.hpp"
#include "cli/image/schema.hpp"
#include "cli/image/versions.hpp"
#include "prediction/model_api.hpp"
#include <array>
#include <cstdlib>

namespace cog {

namespace {

/// Takes a `cog.yaml:3:5: ` off the front of a message.
finding found(const std::string& text, const std::string& file, const std::string& remediation) {
  auto start = file + ":";
  if (!text.starts_with(start))
    return {file, text, remediation};
  auto end = text.find(": ");
  auto place = split(text.substr(0, end), ":");
  return {place.size() > 1 ? place[0] + ":" + place[1] : file, text.substr(end + 2), remediation};
}

struct known_python {
  std::string_view minor;
  int last_patch;
};

/// The last releases with images that are known; a release comes about every second month.
constexpr std::array<known_python, 5> known_pythons{
  {{"3.10", 20}, {"3.11", 15}, {"3.12", 13}, {"3.13", 12}, {"3.14", 3}}};
constexpr int releases_to_come = 15;

check_result check_version(const std::string& file, const project_config& config) {
  check_result check{"Build", "Python image", severity::error};
  auto& version = config.build.python_version;
  if (version.empty() || !config.build.base_image.empty())
    return check;
  auto refuse = [&](const std::string& why) {
    check.findings.push_back(found(config.place("build.python_version") + why, file,
                                   "Set python_version to a version from " + std::string{known_pythons.front().minor} +
                                     " to " + std::string{known_pythons.back().minor}));
  };
  auto parts = split(version, ".");
  for (auto& [minor, last] : known_pythons)
    if (minor == major_minor(version)) {
      if (parts.size() > 2 && std::atoi(parts[2].substr(0, 4).c_str()) > last + releases_to_come)
        refuse("no image has Python " + version + ": " + parts[0] + "." + parts[1] + "." + std::to_string(last) +
               " is the last that is known");
      return check;
    }
  refuse("no image has Python " + version);
  return check;
}

/// What clients of other protocols can ask the model for is told, and why they cannot ask for the rest; only what
/// cog.yaml says wrongly is a finding.
check_result check_clients(const std::string& file, const project_config& config, const std::string& schema) {
  check_result check{"Build", "Clients of other protocols", severity::warning};
  json_error ignored;
  auto document = parse_json(std::string_view{schema}, ignored);
  if (!document)
    return check;
  auto api = make_model_api(*document, api_or_default(config.api));
  for (auto& problem : api.problems)
    check.findings.push_back(
      found(config.place("api." + problem.place) + problem.text(), file, "Change api in " + file));
  for (size_t at = 0; at < operation_names.size(); ++at) {
    auto refusal = api.refusal(static_cast<operation>(at));
    check.notes.push_back(refusal.empty() ? "serves " + std::string{operation_names[at]} : refusal);
  }
  return check;
}

}   // namespace

std::vector<check_result> check_build(const std::string& file, const doctor_subject& subject, const session& common) {
  if (!subject.config)
    return {};
  auto& config = *subject.config;
  hush quiet;
  check_result image{"Build", "Image", severity::error};
  check_result schema{"Build", "Model schema", severity::error};
  check_result clients{"Build", "Clients of other protocols", severity::warning};
  try {
    plan_image(config, base_of(image_flags{}, common), common.messages);
  } catch (const command_error& error) {
    for (auto& line : split(error.what(), "\n"))
      image.findings.push_back(found(line, file, "cog build refuses it: change " + file + " as the message says"));
  }
  try {
    if (!config.run.empty() || !config.train.empty()) {
      auto text = read_model(config, {}, common).schema;
      validate_schema(text);
      clients = check_clients(file, config, text);
    }
  } catch (const command_error& error) {
    std::string text = error.what();
    schema.findings.push_back(
      {"", text.substr(0, text.find("\n\n")), "cog build refuses it: change the model as the message says"});
  }
  return {check_version(file, config), image, schema, clients};
}

}   // namespace cog

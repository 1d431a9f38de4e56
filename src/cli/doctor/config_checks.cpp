#include "cli/config/ignored_settings.hpp"
#include "cli/config/words.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/hush.hpp"
#include "cli/image/implied_packages.hpp"
#include "cli/image/requirements.hpp"
#include "cli/image/text_file.hpp"
#include <filesystem>
#include <yaml-cpp/yaml.h>

namespace cog {

namespace {

namespace fs = std::filesystem;

std::string place_of(const std::string& file, const YAML::Node& node) {
  return file + ":" + std::to_string(node.Mark().line + 1);
}

std::string scalar(const YAML::Node& node) {
  return node && node.IsScalar() ? node.Scalar() : std::string{};
}

void add_deprecated(std::vector<finding>& findings, const std::string& file, const YAML::Node& parent,
                    const std::string& key, const std::string& name, const std::string& instead) {
  if (!parent || !parent.IsMap())
    return;
  for (auto entry : parent)
    if (entry.first.IsScalar() && entry.first.Scalar() == key)
      findings.push_back({place_of(file, entry.first), "\"" + name + "\" is deprecated: use " + instead + " instead",
                          "Use " + instead + " instead of " + name});
}

void read_subject(doctor_subject& subject, const YAML::Node& document) {
  if (!document.IsMap())
    return;
  for (auto* key : {"run", "predict", "train"})
    if (auto value = scalar(document[key]); !value.empty())
      subject.references.push_back({key, value, document[key].Mark().line + 1});
  auto build = document["build"];
  if (!build || !build.IsMap())
    return;
  subject.python_version = scalar(build["python_version"]);
  subject.gpu = scalar(build["gpu"]) == "true";
  subject.cuda = scalar(build["cuda"]);
}

/// What the project's packages tell, as far as they can be read; cog build tells what is wrong with them.
void look_at_packages(doctor_subject& subject, const project_config& config, check_result& implied) {
  try {
    hush nobody;
    auto requirements = read_requirements(config, console{});
    for (auto& line : requirements.lines)
      if (package_of(line) == "torch")
        subject.torch = version_of(line);
    auto file = config.build.python_requirements.empty() ? config.file : config.build.python_requirements;
    for (auto& one : find_implied_packages(config, requirements.lines))
      implied.findings.push_back({one.place,
                                  one.module + " is imported, but " + file + " does not name " + one.package +
                                    ": it is installed all the same, as with Cog's own SDK",
                                  "Add " + one.package + " to " + file});
  } catch (const command_error&) {
    return;
  }
}

}   // namespace

std::vector<check_result> check_config(doctor_subject& subject, const console& messages) {
  check_result parsing{"Config", "Config parsing", severity::error};
  check_result schema{"Config", "Config schema", severity::error};
  check_result ignored{"Config", "Settings without effect", severity::warning};
  check_result deprecated{"Config", "Deprecated fields", severity::warning};
  check_result implied{"Config", "Packages that no requirement names", severity::warning};
  auto path = fs::path{subject.folder} / subject.file;
  YAML::Node document;
  try {
    if (!fs::is_regular_file(path))
      parsing.findings.push_back({subject.file, subject.file + " not found", "Create it with cog init"});
    else
      document = YAML::Load(read_text(path.string()));
  } catch (const YAML::Exception& error) {
    parsing.findings.push_back({subject.file + ":" + std::to_string(error.mark.line + 1), "invalid YAML: " + error.msg,
                                "Fix the YAML syntax in " + subject.file});
  }
  if (parsing.findings.empty()) {
    read_subject(subject, document);
    std::vector<std::string> warnings;
    try {
      auto config = read_config(read_text(path.string()), subject.folder, subject.file, warnings);
      refuse_unsupported(config);
      look_at_packages(subject, config, implied);
      for (auto& line : ignored_settings(config))
        ignored.findings.push_back({"", line, "Take it away"});
      subject.config = std::move(config);
    } catch (const config_error& error) {
      for (auto& line : split(error.what(), "\n"))
        schema.findings.push_back(
          {subject.file, subject.file + " validation failed: " + line, "Fix " + subject.file + " as the message says"});
    }
    for (auto& warning : warnings)
      messages.debug(warning);
    auto build = document.IsMap() ? document["build"] : YAML::Node{};
    add_deprecated(deprecated.findings, subject.file, build, "python_packages", "python_packages",
                   "python_requirements");
    add_deprecated(deprecated.findings, subject.file, build, "pre_install", "pre_install", "build.run");
    add_deprecated(deprecated.findings, subject.file, document, "concurrency", "concurrency",
                   "@cog.concurrent(max=...)");
  }
  return {parsing, schema, deprecated, ignored, implied};
}

}   // namespace cog

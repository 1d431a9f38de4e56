#include "cli/config/validate.hpp"
#include "cli/config/words.hpp"
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

namespace cog {

namespace {

constexpr std::array<std::string_view, 8> reserved_names{
  "HF_ENDPOINT", "HF_HUB_ENABLE_HF_TRANSFER", "LD_LIBRARY_PATH", "LIBRARY_PATH", "PATH",
  "PYTHONPATH",  "PYTHONUNBUFFERED",          "VIRTUAL_ENV"};
constexpr std::array<std::string_view, 7> reserved_prefixes{"CUDA_", "KUBERNETES_", "NVIDIA_",   "NV_",
                                                            "PGET_", "R8_",         "REPLICATE_"};

bool is_reserved(std::string_view name) {
  return std::find(reserved_names.begin(), reserved_names.end(), name) != reserved_names.end() ||
    std::any_of(reserved_prefixes.begin(), reserved_prefixes.end(),
                [&](auto prefix) { return name.starts_with(prefix); });
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
    std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

void check_reference(yaml_reader& reader, std::string_view field, const std::string& value, const std::string& form) {
  if (value.empty())
    return;
  auto parts = split(value, ".py:");
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty())
    reader.invalid(field, value, "must be in the form '" + form + "'");
}

/// Major and minor version, when the text has them.
std::optional<std::pair<int, int>> python_version(yaml_reader& reader, const std::string& value) {
  auto field = "build.python_version";
  auto parts = split(value, ".");
  if (parts.size() < 2)
    reader.invalid(field, value, "must include major and minor version (e.g., '3.11')");
  else if (!is_number(parts[0]) || parts[0].size() > 4)
    reader.invalid(field, value, "invalid major version number");
  else if (!is_number(parts[1]) || parts[1].size() > 4)
    reader.invalid(field, value, "invalid minor version number");
  else if (parts.size() > 3 || (parts.size() == 3 && !is_number(parts[2])))
    reader.invalid(field, value, "invalid patch version number");
  else
    return std::pair{std::stoi(parts[0]), std::stoi(parts[1])};
  return std::nullopt;
}

void check_python(yaml_reader& reader, const build_config& build, const raw_values& raw) {
  auto field = "build.python_version";
  if (build.python_version.empty()) {
    reader.invalid(field, "",
                   "python_version is required. Add it to the build section of your cog.yaml, e.g. "
                   "`python_version: \"3.13\"`");
    return;
  }
  auto version = python_version(reader, build.python_version);
  if (!version)
    return;
  if (*version < std::pair{3, 10})
    reader.invalid(field, build.python_version, "minimum supported Python version is 3.10");
  else if (raw.max_concurrency > 1 && *version < std::pair{3, 11})
    reader.invalid("concurrency.max", std::to_string(*raw.max_concurrency),
                   "concurrency requires Python 3.11 or higher");
}

void check_cuda(yaml_reader& reader, const build_config& build) {
  if (!build.cuda.empty()) {
    auto parts = split(build.cuda, ".");
    auto numbers = std::all_of(parts.begin(), parts.end(), is_number);
    if (parts.size() < 2)
      reader.invalid("build.cuda", build.cuda, "must include both major and minor versions (e.g., '11.8')");
    else if (!numbers || parts.size() > 3 || parts[0].size() > 4)
      reader.invalid("build.cuda", build.cuda, "must be numbers, as in '11.8' or '11.8.0'");
    else if (std::stoi(parts[0]) < 11)
      reader.invalid("build.cuda", build.cuda, "minimum supported CUDA version is 11");
  }
  if (!build.cudnn.empty() && !is_number(split(build.cudnn, ".").front()))
    reader.invalid("build.cudnn", build.cudnn, "must be a version number, as in '8'");
}

void check_steps(yaml_reader& reader, const build_config& build) {
  for (size_t i = 0; i < build.run.size(); ++i) {
    auto field = "build.run[" + std::to_string(i) + "]";
    if (trimmed(build.run[i].command).empty())
      reader.schema_error(field, "command is required");
    for (size_t j = 0; j < build.run[i].mounts.size(); ++j) {
      auto& mount = build.run[i].mounts[j];
      auto where = field + ".mounts[" + std::to_string(j) + "]";
      if (mount.type.empty() || mount.id.empty() || mount.target.empty())
        reader.schema_error(where, "type, id and target are required");
      else if (mount.type != "secret")
        reader.schema_error(where + ".type", "must be \"secret\", not \"" + mount.type + "\"");
    }
  }
}

void check_packages(yaml_reader& reader, const project_config& config) {
  auto& build = config.build;
  if (!build.python_packages.empty() && !build.python_requirements.empty())
    reader.invalid("build.python_packages", "",
                   "only one of python_packages or python_requirements can be set, not both");
  if (!build.python_requirements.empty() &&
      !std::filesystem::is_regular_file(std::filesystem::path{config.folder} / build.python_requirements))
    reader.invalid("build.python_requirements", build.python_requirements, "file does not exist");
  for (size_t i = 0; i < build.system_packages.size(); ++i) {
    auto& name = build.system_packages[i];
    if (name.empty() || name.find_first_of(" \t\r\n;|&$`'\"<>()") != std::string::npos)
      reader.invalid("build.system_packages[" + std::to_string(i) + "]", name,
                     "must be the name of one apt package, an item each");
  }
}

void take_environment(yaml_reader& reader, project_config& config, const std::vector<std::string>& lines) {
  for (size_t i = 0; i < lines.size(); ++i) {
    auto field = "environment[" + std::to_string(i) + "]";
    auto at = lines[i].find('=');
    auto name = lines[i].substr(0, at);
    auto quoted = "environment variable \"" + (name.empty() ? lines[i] : name) + "\" ";
    auto repeated = [&](auto& other) { return other.first == name; };
    if (at == std::string::npos || !is_variable_name(name))
      reader.invalid(field, "", "environment variable \"" + lines[i] + "\" is not in the KEY=VALUE format");
    else if (std::any_of(config.environment.begin(), config.environment.end(), repeated))
      reader.invalid(field, "", quoted + "is already defined");
    else if (is_reserved(name))
      reader.invalid(field, "", quoted + "is not allowed: reserved for internal use");
    else if (lines[i].find_first_of("\r\n") != std::string::npos)
      reader.invalid(field, "", quoted + "must be one line");
    else
      config.environment.emplace_back(name, lines[i].substr(at + 1));
  }
}

void take_concurrency(yaml_reader& reader, project_config& config, const raw_values& raw) {
  if (!config.places.contains("concurrency"))
    return;
  if (!raw.max_concurrency)
    reader.invalid("concurrency.max", "", "max is required, a whole number of at least 1");
  else if (*raw.max_concurrency < 1)
    reader.invalid("concurrency.max", std::to_string(*raw.max_concurrency), "must be at least 1");
  else
    config.max_concurrency = static_cast<uint64_t>(*raw.max_concurrency);
}

void warn(yaml_reader& reader, const project_config& config) {
  auto has = [&](std::string_view field) { return config.places.contains(field); };
  if (has("predict"))
    reader.deprecated("predict", "run");
  if (has("build.python_packages"))
    reader.deprecated("build.python_packages", "build.python_requirements");
  if (has("build.pre_install"))
    reader.deprecated("build.pre_install", "build.run");
  if (has("concurrency"))
    reader.deprecated("concurrency.max", "@cog.concurrent(max=...)");
}

}   // namespace

void validate(yaml_reader& reader, project_config& config, const raw_values& raw) {
  if (!config.run.empty() && !raw.predict.empty())
    reader.invalid("run", "", "only one of run or predict can be set");
  check_reference(reader, "run", config.run, "run.py:Runner");
  check_reference(reader, "predict", raw.predict, "predict.py:Predictor");
  check_reference(reader, "train", config.train, "train.py:Trainer");
  if (config.run.empty())
    config.run = raw.predict;
  if (config.places.contains("build"))
    check_python(reader, config.build, raw);
  check_cuda(reader, config.build);
  check_steps(reader, config.build);
  check_packages(reader, config);
  take_environment(reader, config, raw.environment);
  take_concurrency(reader, config, raw);
  validate_weights(reader, config);
  warn(reader, config);
}

}   // namespace cog

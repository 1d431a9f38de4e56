#include "cli/image/schema.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/installation.hpp"
#include "cli/image/python.hpp"
#include "cli/image/text_file.hpp"
#include "cli/image/versions.hpp"
#include "prediction/input_schema.hpp"
#include <cstdlib>

namespace cog {

namespace {

/// Python here may be older than the model's, and not know its syntax.
bool is_python_older(const project_config& config) {
  auto* given = std::getenv("COG_PYTHON");
  std::string python = given != nullptr && *given != '\0' ? given : "python3";
  auto done = run_captured({{python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"}});
  return compare_versions(trimmed(done.out), major_minor(config.build.python_version)) < 0;
}

model_facts read_source(const project_config& config, const session& common) {
  std::vector<std::string> arguments{"-m", "cog.schema", "--static", "--facts"};
  if (config.run.empty()) {
    arguments.insert(arguments.end(), {"--mode", "train", config.train});
  } else {
    arguments.push_back(config.run);
    if (!config.train.empty())
      arguments.insert(arguments.end(), {"--train", config.train});
  }
  for (auto& [name, value] : config.environment)
    arguments.insert(arguments.end(), {"--environment", std::string{name}.append("=").append(value)});
  captured done;
  try {
    done = run_python(find_installation(common).packages, arguments, config.folder);
  } catch (const command_error& error) {
    throw unreadable_source{error.what()};
  }
  json_error problem;
  auto facts = parse_json(std::string_view{done.out}, problem);
  if (done.status != 0 || !facts) {
    auto why = done.status != 0 ? trimmed(done.err) : problem;
    auto text = "cannot make the model's schema: " + why;
    if (why.starts_with("CannotReadError: ") || (why.starts_with("SyntaxError: ") && is_python_older(config)))
      throw unreadable_source{text};
    throw command_error{text};
  }
  if (!trimmed(done.err).empty())
    common.messages.warn(trimmed(done.err));
  model_facts model;
  std::string scratch;
  model.schema = string_content(*facts->find("document"), scratch);
  model.asynchronous = facts->find("asynchronous")->is_true();
  if (auto* concurrency = facts->find("concurrency"); !concurrency->is(json_kind::null))
    model.concurrency = std::stoull(std::string{concurrency->raw});
  return model;
}

[[noreturn]] void invalid(const std::string& problem, const std::string& document) {
  throw command_error{"Model schema is invalid: " + problem + "\n\n" + document};
}

/// Each default against the other constraints of the same schema.
class default_checker {
public:
  explicit default_checker(const std::string& text) : source_{std::make_shared<const std::string>(text)} {
    json_error problem;
    auto parsed = parse_json(*source_, problem);
    if (!parsed)
      invalid(problem, text);
    document_ = std::move(*parsed);
  }

  void check() const {
    require({"openapi"}, json_kind::string);
    require({"info", "title"}, json_kind::string);
    require({"info", "version"}, json_kind::string);
    require({"paths"}, json_kind::object);
    std::string scratch;
    auto version = string_content(*document_.find("openapi"), scratch);
    if (!version.starts_with("3."))
      invalid("openapi is " + std::string{version} + ", not a version 3", *source_);
    if (auto* schemas = document_.find_path({"components", "schemas"}))
      for (auto& [name, schema] : schemas->members)
        walk(schema, name);
  }

private:
  void require(std::initializer_list<std::string_view> path, json_kind kind) const {
    auto* value = document_.find_path(path);
    std::string name;
    for (auto key : path)
      name += (name.empty() ? "" : ".") + std::string{key};
    if (value == nullptr || !value->is(kind))
      invalid(name + " is missing or of the wrong type", *source_);
  }

  void walk(const json_value& schema, const std::string& place) const {
    if (!schema.is(json_kind::object))
      return;
    if (auto* value = schema.find("default"); value && !value->is(json_kind::null))
      check_default(schema, *value, place);
    if (auto* properties = schema.find("properties"))
      for (auto& [name, property] : properties->members)
        walk(property, joined({place, name}, "."));
    if (auto* items = schema.find("items"))
      walk(*items, place + ".items");
  }

  void check_default(const json_value& schema, const json_value& value, const std::string& place) const {
    std::string problem;
    auto compiled = input_schema::compile(place, schema, document_, source_, problem);
    if (!problem.empty())
      invalid(place + ": " + problem, *source_);
    std::vector<input_error> errors;
    if (compiled && !compiled->validate(compiled->root(), value, place, &errors))
      invalid("invalid default " + std::string{value.raw} + " of " + place + ": " +
                (errors.empty() ? "it does not fit" : errors.front().message),
              *source_);
  }

  std::shared_ptr<const std::string> source_;
  json_value document_;
};

}   // namespace

model_facts read_model(const project_config& config, const std::string& file, const session& common) {
  auto* given = std::getenv("COG_OPENAPI_SCHEMA");
  auto own = given != nullptr && *given != '\0' ? std::string{given} : file;
  if (own.empty() && config.run.empty() && config.train.empty())
    throw command_error{"no predict or train reference found in " + config.file +
                        ": name the model, as in `run: \"run.py:Runner\"`"};
  if (own.empty())
    return read_source(config, common);
  model_facts model;
  auto document = read_text(own);
  try {
    if (!config.run.empty() || !config.train.empty())
      model = read_source(config, common);
  } catch (const command_error& error) {
    common.messages.debug(error.what());
  }
  model.schema = document;
  return model;
}

std::optional<uint64_t> concurrency_of(const project_config& config, const model_facts& model) {
  return config.max_concurrency ? config.max_concurrency : model.concurrency;
}

void validate_schema(const std::string& document) {
  default_checker{document}.check();
}

void keep_schema(const project_config& config, const std::string& document) {
  write_text(config.folder + "/.cog/openapi_schema.json", document);
}

}   // namespace cog

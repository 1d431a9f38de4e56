#include "cli/model/output.hpp"
#include "cli/model/input_file.hpp"
#include "cli/model/media_type.hpp"
#include "cli/model/pretty_json.hpp"
#include "io/data_url.hpp"
#include "io/unique_fd.hpp"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <iostream>

namespace cog {

namespace {

namespace fs = std::filesystem;

constexpr mode_t output_mode = 0755;

const json_value* referenced(const json_value& document, const json_value* schema) {
  std::string scratch;
  for (int depth = 0; schema && depth < 8; ++depth) {
    auto* reference = schema->find("$ref");
    if (!reference || !reference->is(json_kind::string))
      return schema;
    constexpr std::string_view place = "#/components/schemas/";
    std::string target{string_content(*reference, scratch)};
    if (!target.starts_with(place))
      return nullptr;
    schema = document.find_path({"components", "schemas", std::string_view{target}.substr(place.size())});
  }
  return schema;
}

bool has(const json_value* schema, std::string_view key, std::string_view raw) {
  auto* value = schema ? schema->find(key) : nullptr;
  return value && value->raw == raw;
}

bool is_file(const json_value* schema) {
  return has(schema, "type", "\"string\"") && has(schema, "format", "\"uri\"");
}

std::string text_of(const json_value* value) {
  std::string scratch;
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

/// The extension of a name with its dot; one of digits alone is part of the name.
std::string extension_of(const std::string& path) {
  auto extension = fs::path{path}.extension().string();
  bool digits = std::all_of(extension.begin() + (extension.empty() ? 0 : 1), extension.end(),
                            [](unsigned char letter) { return std::isdigit(letter) != 0; });
  return digits ? std::string{} : extension;
}

/// Says why a file cannot be made there; empty when it can.
std::string not_writable(const std::string& path) {
  auto folder = fs::path{path}.parent_path();
  if (access(path.c_str(), F_OK) == 0 ? access(path.c_str(), W_OK) == 0
                                      : access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0)
    return {};
  return path + ": " + std::strerror(errno);
}

/// A model's error without the words that the server puts before it, once or twice, since ours say the same.
std::string error_of(const json_value& prediction) {
  constexpr std::string_view said = "Prediction failed: ";
  auto error = text_of(prediction.find("error"));
  while (error.starts_with(said))
    error.erase(0, said.size());
  return error;
}

}   // namespace

output_kind output_kind_of(const json_value& document, bool training) {
  auto* answer = document.find_path({"paths", training ? "/trainings" : "/predictions", "post", "responses", "200",
                                     "content", "application/json", "schema"});
  auto* response = referenced(document, answer);
  auto* output = response ? referenced(document, response->find_path({"properties", "output"})) : nullptr;
  if (is_file(output))
    return output_kind::file;
  if (has(output, "type", "\"string\""))
    return output_kind::text;
  if (has(output, "type", "\"array\"") && is_file(referenced(document, output->find("items"))))
    return output_kind::files;
  return output_kind::json;
}

output_writer::output_writer(output_options options, const console& messages)
  : options_{std::move(options)}, messages_{messages} {
  auto path = options_.path.value_or(options_.default_name);
  if (options_.path) {
    path = expand_home(path.starts_with('@') ? path.substr(1) : path);
    if (fs::is_directory(path))
      path = (fs::path{path} / options_.default_name).string();
    if (auto problem = not_writable(path); !problem.empty())
      throw command_error{"Output path is not writable: " + problem};
    options_.path = path;
    if (options_.json && !path.ends_with(".json"))
      messages_.warn("--output value does not have a .json suffix: " + path);
  }
  extension_ = extension_of(path);
  stem_ = path.substr(0, path.size() - extension_.size());
  if (options_.json)
    extension_.clear();
}

void output_writer::expect(output_kind kind) const {
  bool writes = kind == output_kind::file || (kind == output_kind::text && options_.text_to_file);
  if (writes && !options_.path && fs::is_directory(options_.default_name))
    throw command_error{"Default output name \"" + options_.default_name +
                        "\" conflicts with directory, provide --output"};
}

int output_writer::write(const json_value& prediction, output_kind kind) {
  auto status = text_of(prediction.find("status"));
  if (options_.json)
    return write_json_result(prediction, status, kind);
  if (status != "succeeded")
    throw command_error{"Prediction failed with status \"" + status + "\": " + error_of(prediction)};
  auto* output = prediction.find("output");
  if (!output || output->is(json_kind::null))
    messages_.info("No output generated");
  else
    write_output(*output, kind);
  return 0;
}

void output_writer::write_output(const json_value& output, output_kind kind) {
  expect(kind);
  bool is_list = output.is(json_kind::array);
  if (kind == output_kind::text && output.is(json_kind::string))
    write_text(text_of(&output), options_.path || options_.text_to_file);
  else if ((kind == output_kind::file && output.is(json_kind::string)) || (kind == output_kind::files && is_list))
    write_files(output, kind);
  else
    write_text(pretty_json(output), options_.path.has_value());
}

int output_writer::write_json_result(const json_value& prediction, std::string_view status, output_kind kind) {
  auto* output = prediction.find("output");
  std::string paths;
  json_error ignored;
  std::optional<json_value> replaced;
  bool has_files = output && !output->is(json_kind::null) && (kind == output_kind::file || kind == output_kind::files);
  if (has_files) {
    paths = write_files(*output, kind);
    replaced = parse_json(std::string_view{paths}, ignored);
  }
  json_value null{{json_kind::null, false, "null"}, {}, {}};
  json_value empty{{json_kind::string, false, "\"\""}, {}, {}};
  auto* error = prediction.find("error");
  auto* metrics = prediction.find("metrics");
  std::vector<std::pair<std::string, const json_value*>> members{
    {"status", prediction.find("status") ? prediction.find("status") : &empty},
    {"output",
     replaced   ? &*replaced
       : output ? output
                : &null},
    {"error", error && error->is(json_kind::string) ? error : &empty},
  };
  if (metrics && !metrics->members.empty())
    members.emplace_back("metrics", metrics);
  write_text(pretty_object(members), options_.path.has_value());
  return status == "succeeded" ? 0 : 1;
}

/// Returns the paths as JSON: a string, or a list of them.
std::string output_writer::write_files(const json_value& output, output_kind kind) {
  if (kind == output_kind::file)
    return write_file(output, "");
  std::string list;
  for (size_t i = 0; i < output.items.size(); ++i)
    list += (i == 0 ? "" : ",") + write_file(output.items[i], "." + std::to_string(i));
  return "[" + list + "]";
}

/// Returns the path as a JSON string. What is no data URL stays what it is, and is printed.
std::string output_writer::write_file(const json_value& value, const std::string& number) {
  if (!text_of(&value).starts_with("data:")) {
    if (!options_.json)
      write_text(value.is(json_kind::string) ? text_of(&value) : std::string{value.raw}, false);
    return std::string{value.raw};
  }
  data_url_decoder decoder{value.raw};
  auto path = stem_ + number + (extension_.empty() ? extension_of_media_type(decoder.media_type()) : extension_);
  store(path, [&](std::string& bytes) { return decoder.next(bytes); });
  if (!decoder.problem().empty())
    throw command_error{"the model's output is not a valid data URL: " + decoder.problem()};
  if (!options_.json)
    messages_.info("Written output to: " + path);
  std::string json;
  append_json_string(json, path);
  return json;
}

void output_writer::write_text(std::string_view text, bool to_file) {
  if (!to_file) {
    std::cout << text << '\n' << std::flush;
    if (!std::cout)
      throw command_error{"standard output cannot be written"};
    return;
  }
  auto path = options_.path.value_or(options_.default_name);
  bool written = false;
  store(path, [&](std::string& bytes) {
    bytes = text;
    return !std::exchange(written, true);
  });
  messages_.info("Written output to: " + path);
}

void output_writer::store(const std::string& path, const std::function<bool(std::string& bytes)>& next) const {
  auto fail = [&](bool remove = false) {
    auto why = std::string{std::strerror(errno)};
    if (remove && fs::is_regular_file(path))
      unlink(path.c_str());   // half of it
    throw command_error{"Failed to write output: " + path + ": " + why};
  };
  unique_fd file{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, output_mode)};
  if (!file)
    fail();
  for (std::string bytes; next(bytes);)
    for (std::string_view rest{bytes}; !rest.empty();) {
      auto count = ::write(file.get(), rest.data(), rest.size());
      if (count < 0 && errno != EINTR)
        fail(true);
      rest.remove_prefix(count > 0 ? static_cast<size_t>(count) : 0);
    }
}

}   // namespace cog

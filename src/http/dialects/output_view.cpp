#include "http/dialects/output_view.hpp"
#include <algorithm>
#include <array>

namespace cog {

namespace {

bool is_vector(const json_value& value) {
  return value.is(json_kind::array) && !value.items.empty() &&
    std::all_of(value.items.begin(), value.items.end(), [](auto& item) { return item.is(json_kind::number); });
}

uint64_t count_in(const json_value& metrics, std::string_view one, std::string_view other) {
  for (auto name : {one, other})
    if (auto* value = metrics.find(name); value && value->is(json_kind::number)) {
      auto number = number_value(value->raw);
      return number > 0 ? static_cast<uint64_t>(number) : 0;
    }
  return 0;
}

}   // namespace

std::string plain_text(const json_value& value) {
  std::string scratch;
  if (value.is(json_kind::null))
    return {};
  return std::string{value.is(json_kind::string) ? string_content(value, scratch) : value.raw};
}

token_usage usage_of(const prediction_snapshot& prediction) {
  if (prediction.metrics.empty())
    return {};
  auto text = "{" + prediction.metrics + "}";
  json_error error;
  auto metrics = parse_json(std::string_view{text}, error);
  if (!metrics)
    return {};
  return {count_in(*metrics, "prompt_tokens", "input_token_count"),
          count_in(*metrics, "completion_tokens", "output_token_count")};
}

std::string finish_reason_of(const prediction_snapshot& prediction) {
  constexpr std::array<std::string_view, 4> known{"stop", "length", "content_filter", "tool_calls"};
  auto text = "{" + prediction.metrics + "}";
  json_error error;
  auto metrics = parse_json(std::string_view{text}, error);
  auto* reason = metrics ? metrics->find("finish_reason") : nullptr;
  auto word = reason ? plain_text(*reason) : std::string{};
  return std::find(known.begin(), known.end(), word) == known.end() ? "stop" : word;
}

output_view::output_view(const prediction_snapshot& prediction, const model_api& api)
  : prediction_{prediction}, api_{api} {
  auto& output = prediction.output;
  raw_ = output.form == prediction_output::shape::chunks ? "[" + output.json.str() + "]" : output.json.str();
  if (raw_.empty())
    raw_ = "null";
  json_error error;
  tree_ = parse_json(std::string_view{raw_}, error);
}

/// The value of a field of an object output, or the output itself.
const json_value* output_view::chosen(const model_output* field) const {
  if (!tree_)
    return nullptr;
  auto* place = tree();
  if (!api_.config.output.empty()) {
    std::string_view path = api_.config.output;
    while (place && !path.empty()) {
      auto name = path.substr(0, path.find('.'));
      place = place->find(name);
      path.remove_prefix(std::min(path.size(), name.size() + 1));
    }
    return place;
  }
  return field && !field->name.empty() ? place->find(field->name) : place;
}

std::string output_view::text() const {
  auto all = texts();
  std::string joined;
  bool glued = api_.output.joined || api_.output.iterator;
  for (auto& one : all)
    joined.append(joined.empty() || glued ? "" : "\n").append(one);
  return joined;
}

std::vector<std::string> output_view::texts() const {
  auto* value = chosen(api_.text_field());
  if (value && value->is(json_kind::object) && api_.config.output.empty())
    for (auto name : {"text", "output", "generated_text", "content", "response", "answer", "transcription"})
      if (auto* field = value->find(name); field && field->is(json_kind::string)) {
        value = field;
        break;
      }
  if (!value)
    return {std::string{}};
  bool texts = value->is(json_kind::array) &&
    std::all_of(value->items.begin(), value->items.end(), [](auto& item) { return item.is(json_kind::string); });
  if (!texts)
    return {plain_text(*value)};
  std::vector<std::string> all;
  all.reserve(value->items.size());
  for (auto& item : value->items)
    all.push_back(plain_text(item));
  return all;
}

std::vector<output_file> output_view::files() const {
  auto& all = prediction_.output.files;
  auto* value = chosen(api_.file_field());
  if (!value || (value->raw.size() == raw_.size()))
    return all;
  size_t shift = prediction_.output.form == prediction_output::shape::chunks ? 1 : 0;
  auto from = static_cast<size_t>(value->raw.data() - raw_.data());
  std::vector<output_file> found;
  for (auto& file : all)
    if (file.at.offset + shift >= from && file.at.offset + shift < from + value->raw.size())
      found.push_back(file);
  return found;
}

std::optional<std::vector<std::string>> output_view::vectors() const {
  auto* value = chosen(api_.number_field());
  if (value && value->is(json_kind::object))
    for (auto name : {"embedding", "embeddings", "vector", "data"})
      if (auto* field = value->find(name)) {
        value = field;
        break;
      }
  if (!value)
    return {};
  if (is_vector(*value))
    return std::vector{std::string{value->raw}};
  if (!value->is(json_kind::array) || !std::all_of(value->items.begin(), value->items.end(), is_vector))
    return {};
  std::vector<std::string> rows;
  rows.reserve(value->items.size());
  for (auto& item : value->items)
    rows.emplace_back(item.raw);
  return rows;
}

answer_text output_view::json() const {
  auto& output = prediction_.output;
  if (api_.output.joined)
    return {[&] {
      std::string text;
      append_json_string(text, this->text());
      return text;
    }()};
  if (output.form == prediction_output::shape::none || output.json.empty())
    return {std::string{output.form == prediction_output::shape::chunks ? "[]" : "null"}};
  answer_text pieces;
  bool list = output.form == prediction_output::shape::chunks;
  if (list)
    tail_of(pieces) += '[';
  append_json(pieces, output.json, output.files);
  if (list)
    tail_of(pieces) += ']';
  return pieces;
}

token_usage output_view::usage() const {
  return usage_of(prediction_);
}

std::string output_view::finish_reason() const {
  return finish_reason_of(prediction_);
}

}   // namespace cog

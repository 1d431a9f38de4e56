#include "http/dialects/prediction_plan.hpp"
#include "http/request.hpp"
#include <algorithm>

namespace cog {

namespace {

bool looks_like_json(std::string_view body) {
  auto begin = body.find_first_not_of(" \t\r\n");
  return begin != body.npos && (body[begin] == '{' || body[begin] == '[');
}

}   // namespace

bool plan_maker::fail(dialect_fault fault, std::string message, std::string param) {
  if (!error)
    error = dialect_error{fault, std::move(message), std::move(param)};
  return false;
}

bool plan_maker::read_json_or_list() {
  if (request.has_content_type ? !request.is_json() : !looks_like_json(request.body))
    return fail(dialect_fault::wrong_type, "Expected a body with `Content-Type: application/json`");
  json_error problem;
  body_ = parse_json(std::string_view{request.body}, problem);
  return body_ ? true : fail(dialect_fault::malformed, "The body is no sound JSON: " + problem);
}

bool plan_maker::read_json() {
  if (!read_json_or_list())
    return false;
  return body_->is(json_kind::object) ? true : bad("The body must be a JSON object");
}

bool plan_maker::read_json_part(size_t length) {
  json_error problem;
  body_ = parse_json(std::string_view{request.body}.substr(0, length), problem);
  if (!body_)
    return fail(dialect_fault::malformed, "The body is no sound JSON: " + problem);
  return body_->is(json_kind::object) ? true : bad("The body must be a JSON object");
}

bool plan_maker::read_form() {
  if (!std::string_view{request.content_type}.starts_with("multipart/form-data"))
    return fail(dialect_fault::wrong_type, "Expected a body with `Content-Type: multipart/form-data`");
  std::string problem;
  auto parts = cog::read_form(request.content_type, request.body, problem);
  if (!parts)
    return fail(dialect_fault::malformed, "The body is no sound form: " + problem);
  parts_ = std::move(*parts);
  return true;
}

bool plan_maker::demand(operation what) {
  auto refusal = api.refusal(what);
  return refusal.empty() ? true : fail(dialect_fault::unsupported, std::move(refusal));
}

const json_value* plan_maker::field(std::string_view name) const {
  auto* value = body_->find(name);
  return value && !value->is(json_kind::null) ? value : nullptr;
}

std::string plan_maker::text(std::string_view name) const {
  auto* value = field(name);
  return value ? plain_text(*value) : std::string{};
}

bool plan_maker::flag(std::string_view name) const {
  auto* value = field(name);
  return value && value->is_true();
}

bool plan_maker::truthy(std::string_view name) const {
  auto* value = field(name);
  if (!value)
    return false;
  switch (value->kind) {
    case json_kind::null:
      return false;
    case json_kind::boolean:
      return value->is_true();
    case json_kind::number:
      return number_value(value->raw) != 0;
    case json_kind::string:
      return value->raw != "\"\"";
    case json_kind::array:
      return !value->items.empty();
    case json_kind::object:
      return !value->members.empty();
  }
  return false;
}

void plan_maker::add_extras(input_maker& input, std::initializer_list<std::string_view> known) const {
  add_extras(input, *body_, known);
}

void plan_maker::add_extras(input_maker& input, const json_value& fields,
                            std::initializer_list<std::string_view> known) const {
  for (auto& [name, value] : fields.members) {
    auto* own = api.find(name);
    if (own && std::find(known.begin(), known.end(), name) == known.end())
      input.set(*own, value);
  }
}

}   // namespace cog

#include "prediction/request_reader.hpp"
#include <array>

namespace cog {

namespace od = simdjson::ondemand;

namespace {

constexpr std::array<std::string_view, 5> known_fields{"id", "input", "context", "webhook", "webhook_events_filter"};

constexpr int field_depth = 1;   // the body's own object

std::string describe(const json_token& token) {
  std::string scratch, text;
  switch (token.kind) {
    case json_kind::null:
      return "null";
    case json_kind::boolean:
      return "boolean `" + std::string{token.raw} + "`";
    case json_kind::number:
      append_number(text, token.raw);
      return (text.find_first_of(".e") == text.npos ? "integer `" : "floating point `") + text + "`";
    case json_kind::string:
      append_json_string(text, string_content(token, scratch));
      return "string " + text;
    case json_kind::array:
      return "sequence";
    case json_kind::object:
      return "map";
  }
  return {};
}

uint8_t event_bit(std::string_view name) {
  if (name == "start")
    return webhook_start;
  if (name == "output")
    return webhook_output;
  if (name == "logs")
    return webhook_logs;
  return name == "completed" ? webhook_completed : 0;
}

}   // namespace

std::string wrong_type(const json_token& token, const std::string& expected, std::string_view body) {
  auto place = static_cast<size_t>(token.raw.data() - body.data());
  if (!is_container(token.kind))
    place += token.raw.size();
  return "invalid type: " + describe(token) + ", expected " + expected + json_position(body, place);
}

bool request_reader::read(od::object root) {
  auto sound = read_fields(root, [this](std::string_view key, od::value& value, const char* key_end) {
    return read_field(key, value, key_end);
  });
  if (sound && schema_ && request_.input.length == 0)
    input_reader{request_, *schema_}.finish();
  return sound;
}

bool request_reader::read_field(std::string_view key, od::value& value, const char* key_end) {
  size_t field = 0;
  while (field < known_fields.size() && known_fields[field] != key)
    ++field;
  auto bit = 1 << field;
  auto repeated = (seen_ & bit) != 0;
  seen_ = static_cast<uint8_t>(seen_ | bit);
  auto known = field < known_fields.size();
  if (known && repeated)
    complain({}, "duplicate field `" + std::string{key} + "`" + json_position(request_.body, offset(key_end)));
  if (!known || repeated) {
    json_token ignored;
    return peek_value(value, ignored) && read_value(value, ignored, field_depth);
  }
  auto given = false;
  switch (field) {
    case 0:
      return read_string("id", value, request_.id, request_.has_id);
    case 1:
      return read_input(value);
    case 2:
      return read_context(value);
    case 3:
      return read_string("webhook", value, request_.webhook, given);
    default:
      return read_events(value);
  }
}

bool request_reader::read_string(const char* name, od::value& value, std::string& out, bool& given) {
  json_token token;
  if (!peek_value(value, token) || !read_value(value, token, field_depth))
    return false;
  std::string scratch;
  given = token.kind == json_kind::string;
  if (given)
    out = string_content(token, scratch);
  else if (token.kind != json_kind::null)
    complain(name, wrong_type(token, "a string", request_.body));
  return true;
}

bool request_reader::read_context(od::value& value) {
  json_token token;
  if (!peek_value(value, token))
    return false;
  if (token.kind != json_kind::object) {
    auto sound = read_value(value, token, field_depth);
    if (sound)
      complain("context", wrong_type(token, "a map", request_.body));
    return sound;
  }
  auto sound = read_members(value, [&](std::string_view key, od::value& member, const char*) {
    json_token inside;
    if (!peek_value(member, inside) || !read_value(member, inside, field_depth + 1))
      return false;
    if (inside.kind != json_kind::string)
      complain("context." + std::string{key}, wrong_type(inside, "a string", request_.body));
    return true;
  });
  if (!sound || !close_value(value, token))
    return false;
  request_.context = {offset(token.raw.data()), token.raw.size()};
  return true;
}

bool request_reader::read_events(od::value& value) {
  json_token token;
  if (!peek_value(value, token))
    return false;
  if (token.kind != json_kind::array) {
    auto sound = read_value(value, token, field_depth);
    if (sound)
      complain("webhook_events_filter", wrong_type(token, "a sequence", request_.body));
    return sound;
  }
  request_.webhook_events = 0;
  size_t index = 0;
  return read_items(value, [&](od::value& item) {
    json_token inside;
    if (!peek_value(item, inside) || !read_value(item, inside, field_depth + 1))
      return false;
    read_event(inside, index++);
    return true;
  });
}

void request_reader::read_event(const json_token& token, size_t index) {
  auto place = "webhook_events_filter[" + std::to_string(index) + "]";
  if (token.kind != json_kind::string)
    return complain(place, wrong_type(token, "a string", request_.body));
  std::string scratch;
  auto name = string_content(token, scratch);
  auto bit = event_bit(name);
  request_.webhook_events |= bit;
  if (bit == 0)
    complain(place,
             "unknown variant `" + std::string{name} + "`, expected one of `start`, `output`, `logs`, `completed`" +
               json_position(request_.body, offset(token.raw.data()) + token.raw.size()));
}

bool request_reader::read_input(od::value& value) {
  json_token token;
  if (!peek_value(value, token))
    return false;
  if (!schema_ || token.kind == json_kind::null) {
    if (!read_value(value, token, field_depth))
      return false;
  } else if (!input_reader{request_, *schema_}.read(value, token, field_depth)) {
    return false;
  }
  if (token.kind != json_kind::null)
    request_.input = {offset(token.raw.data()), token.raw.size()};
  return true;
}

void request_reader::complain(const std::string& place, const std::string& what) {
  if (problem_.empty())
    problem_ = place.empty() ? what : place + ": " + what;
}

}   // namespace cog

#include "io/byte_order.hpp"
#include "io/frame.hpp"
#include <simdjson.h>

namespace cog {

namespace {

/// Takes integers and texts off the front of a payload; once there was too little, all that follows is nothing.
class payload_reader {
public:
  explicit payload_reader(std::string_view payload) : rest_{payload} {
    // nop
  }

  template <class T>
  T integer() {
    auto bytes = text(sizeof(T));
    return complete_ ? load<T>(bytes) : T{};
  }
  std::string_view text(size_t length) {
    complete_ = complete_ && rest_.size() >= length;
    if (!complete_)
      return {};
    auto taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }
  std::string_view rest() const { return rest_; }
  bool complete() const { return complete_; }

private:
  std::string_view rest_;
  bool complete_ = true;
};

std::string string_or_empty(simdjson::dom::object object, std::string_view key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
}

uint64_t number_or_zero(simdjson::dom::object object, std::string_view key) {
  uint64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

bool bool_or_false(simdjson::dom::object object, std::string_view key) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS && value;
}

/// One `[offset,length,"path","mime"]`; the string it stands for must lie in `rest` at or behind `from`.
bool parse_file(simdjson::dom::element item, std::string_view rest, size_t from, output_file& file) {
  simdjson::dom::array fields;
  uint64_t offset, length;
  std::string_view path, mime;
  if (item.get(fields) || fields.size() != 4 || fields.at(0).get(offset) || fields.at(1).get(length) ||
      fields.at(2).get(path) || fields.at(3).get(mime))
    return false;
  if (offset < from || offset > rest.size() || length < 2 || length > rest.size() - offset || rest[offset] != '"')
    return false;
  file = {{offset, length}, std::string{path}, std::string{mime}, 0};
  return true;
}

std::optional<std::vector<output_file>> parse_files(std::string_view json, std::string_view rest) {
  std::vector<output_file> files;
  if (json.empty())
    return files;
  simdjson::dom::parser parser;
  simdjson::dom::array items;
  if (parser.parse(json).get(items))
    return std::nullopt;
  size_t from = 0;
  for (auto item : items) {
    if (!parse_file(item, rest, from, files.emplace_back()))
      return std::nullopt;
    from = files.back().at.offset + files.back().at.length;
  }
  return files;
}

}   // namespace

std::optional<hello_frame> parse_hello(std::string_view payload) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(payload).get(object))
    return std::nullopt;
  return hello_frame{number_or_zero(object, "protocol"), number_or_zero(object, "pid"),
                     string_or_empty(object, "python"), string_or_empty(object, "sdk")};
}

std::optional<described_frame> parse_described(std::string_view payload) {
  payload_reader reader{payload};
  auto info = reader.text(reader.integer<uint32_t>());
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (!reader.complete() || parser.parse(info).get(object))
    return std::nullopt;
  return described_frame{bool_or_false(object, "async"),        bool_or_false(object, "healthcheck"),
                         bool_or_false(object, "streaming"),    bool_or_false(object, "training"),
                         number_or_zero(object, "concurrency"), reader.rest()};
}

std::string_view to_string(log_source source) {
  return source == log_source::out ? "Stdout" : "Stderr";
}

std::optional<setup_failed_frame> parse_setup_failed(std::string_view payload) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(payload).get(object))
    return std::nullopt;
  return setup_failed_frame{string_or_empty(object, "error"), string_or_empty(object, "traceback")};
}

std::optional<output_frame> parse_output(std::string_view payload) {
  payload_reader reader{payload};
  auto number = reader.integer<uint64_t>();
  auto json = reader.text(reader.integer<uint32_t>());
  auto files = parse_files(json, reader.rest());
  if (!reader.complete() || !files)
    return std::nullopt;
  return output_frame{number, std::move(*files), reader.rest()};
}

std::optional<log_frame> parse_log(std::string_view payload) {
  payload_reader reader{payload};
  auto number = reader.integer<uint64_t>();
  auto source = reader.integer<log_source>();
  if (!reader.complete() || source < log_source::out || source > log_source::err)
    return std::nullopt;
  return log_frame{number, source, reader.rest()};
}

std::optional<metric_frame> parse_metric(std::string_view payload) {
  payload_reader reader{payload};
  auto number = reader.integer<uint64_t>();
  auto mode = reader.integer<metric_mode>();
  auto name = reader.text(reader.integer<uint16_t>());
  if (!reader.complete() || mode > metric_mode::append)
    return std::nullopt;
  return metric_frame{number, mode, name, reader.rest()};
}

std::optional<done_frame> parse_done(std::string_view payload) {
  payload_reader reader{payload};
  auto number = reader.integer<uint64_t>();
  auto status = reader.integer<done_status>();
  auto shape = reader.integer<done_shape>();
  auto json = reader.text(reader.integer<uint32_t>());
  auto files = parse_files(json, reader.rest());
  if (!reader.complete() || status > done_status::canceled || shape > done_shape::chunk_list || !files)
    return std::nullopt;
  return done_frame{number, status, shape, std::move(*files), reader.rest()};
}

std::optional<health_frame> parse_health(std::string_view payload) {
  payload_reader reader{payload};
  auto question = reader.integer<uint64_t>();
  auto verdict = reader.integer<uint8_t>();
  if (!reader.complete() || verdict > 1)
    return std::nullopt;
  return health_frame{question, verdict == 1, reader.rest()};
}

std::optional<uint64_t> parse_pong(std::string_view payload) {
  payload_reader reader{payload};
  auto question = reader.integer<uint64_t>();
  return reader.complete() ? std::optional{question} : std::nullopt;
}

}   // namespace cog

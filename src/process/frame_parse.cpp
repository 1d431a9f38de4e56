#include "io/byte_order.hpp"
#include "process/frame.hpp"
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

/// The members of a JSON object that is a payload. A member that is not there, or null, is empty, 0 or false; one of
/// another type spoils the whole.
class member_reader {
public:
  explicit member_reader(std::string_view json) : sound_{parser_.parse(json).get(object_) == simdjson::SUCCESS} {
    // nop
  }

  std::string text(std::string_view key) { return std::string{member<std::string_view>(key)}; }
  uint64_t number(std::string_view key) { return member<uint64_t>(key); }
  bool flag(std::string_view key) { return member<bool>(key); }
  /// Nothing when it is not there.
  std::optional<simdjson::dom::object> object(std::string_view key) {
    simdjson::dom::object found;
    if (!sound_ || object_[key].get(found) != simdjson::SUCCESS)
      return {};
    return found;
  }
  bool sound() const { return sound_; }

private:
  template <class T>
  T member(std::string_view key) {
    simdjson::dom::element element;
    if (!sound_ || object_[key].get(element) != simdjson::SUCCESS || element.is_null())
      return {};
    T value{};
    sound_ = element.get(value) == simdjson::SUCCESS;
    return sound_ ? value : T{};
  }

  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
  bool sound_;
};

/// One `[offset,length,"path","mime"]`; the string it stands for must lie in `rest` at or behind `from`.
bool parse_file(simdjson::dom::element item, std::string_view rest, size_t from, output_file& file) {
  simdjson::dom::array fields;
  uint64_t offset, length;
  std::string_view path, mime;
  if (item.get(fields) || fields.size() != 4 || fields.at(0).get(offset) || fields.at(1).get(length) ||
      fields.at(2).get(path) || fields.at(3).get(mime))
    return false;
  if (offset < from || offset > rest.size() || length < 2 || length > rest.size() - offset || rest[offset] != '"' ||
      rest[offset + length - 1] != '"')
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

/// Without an object there are no batches; a member of another type spoils the whole.
std::optional<batch_info> parse_batch(std::optional<simdjson::dom::object> object) {
  batch_info info;
  if (!object)
    return info;
  simdjson::dom::array names;
  if ((*object)["max_size"].get(info.max_size) || (*object)["max_wait_ms"].get(info.max_wait_ms) ||
      (*object)["key"].get(names) || (*object)["isolate"].get(info.isolate) || info.max_size == 0)
    return std::nullopt;
  for (auto item : names) {
    std::string_view name;
    if (item.get(name))
      return std::nullopt;
    info.key.emplace_back(name);
  }
  return info;
}

bool has_shape(std::string_view output, done_shape shape) {
  switch (shape) {
    case done_shape::sent_chunks:
      return output.empty();
    case done_shape::value:
      return !output.empty();
    case done_shape::chunk_list:
      return output.size() >= 2 && output.front() == '[' && output.back() == ']';
  }
  return false;
}

}   // namespace

std::optional<hello_frame> parse_hello(std::string_view payload) {
  member_reader members{payload};
  hello_frame hello{members.number("protocol"), members.number("pid"), members.text("python"), members.text("sdk")};
  return members.sound() ? std::optional{std::move(hello)} : std::nullopt;
}

std::optional<described_frame> parse_described(std::string_view payload) {
  payload_reader reader{payload};
  auto info = reader.text(reader.integer<uint32_t>());
  member_reader members{info};
  auto batch = parse_batch(members.object("batch"));
  if (!batch)
    return std::nullopt;
  described_frame described{members.flag("async"),
                            members.flag("healthcheck"),
                            members.flag("streaming"),
                            members.flag("training"),
                            members.number("concurrency"),
                            std::move(*batch),
                            reader.rest()};
  return reader.complete() && members.sound() ? std::optional{std::move(described)} : std::nullopt;
}

std::string_view to_string(log_source source) {
  return source == log_source::out ? "Stdout" : "Stderr";
}

std::optional<setup_failed_frame> parse_setup_failed(std::string_view payload) {
  member_reader members{payload};
  setup_failed_frame failed{members.text("error"), members.text("traceback"), members.text("line"),
                            members.flag("shortage")};
  return members.sound() ? std::optional{std::move(failed)} : std::nullopt;
}

std::optional<output_frame> parse_output(std::string_view payload) {
  payload_reader reader{payload};
  auto number = reader.integer<uint64_t>();
  auto json = reader.text(reader.integer<uint32_t>());
  auto files = parse_files(json, reader.rest());
  if (!reader.complete() || !files || number == 0 || reader.rest().empty())
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
  if (!reader.complete() || mode > metric_mode::append || number == 0 || name.empty() || reader.rest().empty())
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
  if (!reader.complete() || status > done_status::undone || shape > done_shape::chunk_list || !files || number == 0)
    return std::nullopt;
  if (status == done_status::succeeded && !has_shape(reader.rest(), shape))
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
  return reader.complete() && reader.rest().empty() ? std::optional{question} : std::nullopt;
}

}   // namespace cog

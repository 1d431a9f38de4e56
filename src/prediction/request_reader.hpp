#pragma once
#include "prediction/input_reader.hpp"
#include "json/json_walk.hpp"
#include "prediction/request.hpp"
#include <string>

namespace cog {

/// Reads the fields of a create request (http-api section 5) from the body it holds.
class request_reader {
public:
  request_reader(prediction_request& request, const input_schema* schema) : request_{request}, schema_{schema} {}

  /// Fills the request. False when the body is no sound JSON.
  bool read(simdjson::ondemand::object root);

  /// The first thing that has the wrong shape, with its place; empty if none has.
  const std::string& problem() const { return problem_; }

private:
  bool read_field(std::string_view key, simdjson::ondemand::value& value, const char* key_end);
  bool read_string(const char* name, simdjson::ondemand::value& value, std::string& out, bool& given);
  bool read_context(simdjson::ondemand::value& value);
  bool read_events(simdjson::ondemand::value& value);
  void read_event(const json_token& token, size_t index);
  bool read_input(simdjson::ondemand::value& value);
  void complain(const std::string& place, const std::string& what);
  size_t offset(const char* place) const { return static_cast<size_t>(place - request_.body.data()); }

  prediction_request& request_;
  const input_schema* schema_;
  uint8_t seen_ = 0;   // known fields
  std::string problem_;
};

/// "invalid type: <what `token` is>, expected <expected> at line L column C".
std::string wrong_type(const json_token& token, const std::string& expected, std::string_view body);

}   // namespace cog

#include "actors/prediction_log.hpp"
#include "io/log.hpp"
#include "prediction/owned_id.hpp"
#include <array>
#include <optional>

namespace cog {

namespace {

void write(const prediction_request& request, log_level level, std::string_view message,
           std::optional<log_field> more = std::nullopt) {
  if (!is_logged(log_target::prediction, level))
    return;
  std::array<log_field, 4> fields{{{"prediction_id", request.id}}};
  size_t count = 1;
  if (more)
    fields.at(count++) = *more;
  if (!request.traceparent.empty())
    fields.at(count++) = {"traceparent", request.traceparent};
  if (!request.owned_id.empty())
    fields.at(count++) = {"key", split_owned_id(request.owned_id).owner};
  write_log(log_target::prediction, level, message, std::span{fields.data(), count});
}

}   // namespace

void log_start(const prediction_request& request) {
  write(request, log_level::debug, "Starting prediction");
}

void log_cancel(const prediction_request& request) {
  write(request, log_level::info, "Cancelling prediction");
}

void log_end(const prediction_request& request, const prediction_snapshot& result) {
  switch (result.status) {
    case prediction_status::succeeded:
      return write(request, log_level::debug, "Prediction worker completed",
                   log_field{"predict_time", result.predict_time});
    case prediction_status::failed:
      return write(request, log_level::info, "Prediction failed", log_field{"error", result.error});
    case prediction_status::canceled:
      if (!result.error.empty())
        return write(request, log_level::info, "Prediction cancelled", log_field{"error", result.error});
      return write(request, log_level::info, "Prediction cancelled");
    case prediction_status::starting:
    case prediction_status::processing:
      break;
  }
}

void log_printed(const prediction_request* request, uint64_t worker, log_source source, std::string_view text) {
  auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos)
    return;
  text = text.substr(0, end + 1);
  log_field from{"source", to_string(source)};
  if (request != nullptr)
    write(*request, log_level::info, text, from);
  else
    write_log(log_target::user, log_level::info, text, {from, {"worker", worker}});
}

}   // namespace cog

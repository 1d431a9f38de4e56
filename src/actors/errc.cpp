#include "actors/errc.hpp"
#include <caf/message.hpp>

namespace cog {

std::string to_string(errc code) {
  switch (code) {
    case errc::ok:
      return "ok";
    case errc::at_capacity:
      return "At capacity - all prediction slots busy";
    case errc::setup_failed:
      return "Setup failed. GET /health-check shows its log.";
    case errc::not_ready:
      return "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.";
    case errc::defunct:
      return "All workers died too often and were given up";
    case errc::draining:
      return "The server is shutting down";
    case errc::not_streaming:
      return "This model does not support streaming responses. Add @cog.streaming to predict() to enable SSE.";
    case errc::invalid_input:
      return "The input is invalid";
    case errc::id_in_flight:
      return "A prediction with this id is in flight";
    case errc::too_many_followers:
      return "Too many stream subscribers";
    case errc::not_found:
      return "Prediction not found";
    case errc::download_failed:
      return "The input could not be downloaded";
    case errc::upload_failed:
      return "The output could not be uploaded";
    case errc::bad_data_url:
      return "The input is no valid data URL";
    case errc::file_failed:
      return "A file could not be read or written";
    case errc::disk_full:
      return "The disk is full";
    case errc::canceled:
      return "The prediction was cancelled";
    case errc::no_device:
      return "No GPU is left for the worker";
    case errc::too_slow:
      return "Cannot be answered before its deadline";
    case errc::owner_limit:
      return "Too many predictions of this API key are in flight";
  }
  return "unknown error";
}

caf::error make_error(errc code, std::string text) {
  return {static_cast<uint8_t>(code), caf::atom("cog"), caf::make_message(std::move(text))};
}

caf::error make_error(errc code, std::string text, uint64_t retry_after) {
  return {static_cast<uint8_t>(code), caf::atom("cog"), caf::make_message(std::move(text), retry_after)};
}

errc code_of(const caf::error& error) {
  return error.category() == caf::atom("cog") ? static_cast<errc>(error.code()) : errc::file_failed;
}

std::string text_of(const caf::error& error) {
  auto& context = error.context();
  if (context.match_elements<std::string>() || context.match_elements<std::string, uint64_t>())
    return context.get_as<std::string>(0);
  if (error.category() == caf::atom("cog"))
    return to_string(static_cast<errc>(error.code()));
  return "internal error " + std::to_string(error.code());
}

uint64_t retry_after_of(const caf::error& error) {
  auto& context = error.context();
  return context.match_elements<std::string, uint64_t>() ? context.get_as<uint64_t>(1) : 0;
}

}   // namespace cog

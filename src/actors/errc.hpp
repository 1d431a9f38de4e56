#pragma once
#include <cstdint>
#include <string>
// clang-format off
#include <caf/error.hpp>
#include <caf/make_message.hpp>
// clang-format on

namespace cog {

/// Why the server could not do its part. A prediction that failed or was cancelled is a result, not one of these.
enum class errc : uint8_t {
  ok = 0,
  at_capacity,          // every live slot and place in the waiting line is taken
  not_ready,            // no worker has finished its setup, or none is live
  setup_failed,         // the model's setup failed; only a new server mends that
  defunct,              // all workers were given up
  draining,             // the server is stopping
  not_streaming,        // an event stream of a model that does not offer it
  invalid_input,        // the edge's verdict on a request; its errors are in the request
  id_in_flight,         // a POST names the id of a prediction in flight
  too_many_followers,   // 1024 follow this prediction already
  not_found,            // no prediction of that id
  download_failed,      // an input URL could not be fetched; the text says why
  upload_failed,        // an output file could not be uploaded; the text says why
  bad_data_url,         // an input data URL could not be decoded; the text says why
  file_failed,          // a file of the server's own could not be read or written
  disk_full,            // no room is left for what a client sends
  canceled,             // given up because its prediction was cancelled
  no_device,            // no GPU is left for a worker; the text says which was lost
  too_slow,             // by the forecast it could not end before its deadline
  owner_limit,          // its API key has as many predictions in flight as it may have
};

std::string to_string(errc code);
caf::error make_error(errc code, std::string text);
inline caf::error make_error(errc code) {
  return make_error(code, to_string(code));
}
/// `retry_after`: seconds after which another try makes sense.
caf::error make_error(errc code, std::string text, uint64_t retry_after);
errc code_of(const caf::error& error);

/// The text given to `make_error`, or the code's own.
std::string text_of(const caf::error& error);
/// 0: it does not say.
uint64_t retry_after_of(const caf::error& error);

}   // namespace cog

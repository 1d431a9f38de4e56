#pragma once
#include "http/dialects/dialect.hpp"
#include "http/response.hpp"
#include "prediction/prediction.hpp"
#include <caf/error.hpp>
#include <cstdint>
#include <string>

namespace cog {

/// Why a request is not answered as its client wants; each dialect has a status and a shape for it.
enum class dialect_fault : uint8_t {
  malformed,     // no JSON, no form, no tail
  bad_input,     // it does not fit the model's inputs, or what the dialect asks for
  unsupported,   // this model cannot do it, whoever asks
  wrong_type,    // of the body
  too_large,
  full,        // every slot and place in the queue
  not_ready,   // yet, or stopping
  dead,        // setup failed, or all workers were given up
  failed,      // the model raised, or its worker died
  timed_out,
  canceled,
  not_found,
  wrong_method,
  no_key,
};

struct dialect_error {
  dialect_fault fault = dialect_fault::bad_input;
  std::string message;
  std::string param;          // the input or field that it is about; empty: none
  uint64_t retry_after = 0;   // seconds; 0: not said
};

/// The whole answer, in the dialect's own shape.
http_response render_error(dialect which, const dialect_error& error);
/// The body alone; for OpenAI `{"error":{...}}`.
std::string error_text(dialect which, const dialect_error& error);
/// The code that clients of OpenAI see.
std::string_view openai_code(dialect_fault fault);

/// What the server could not do.
dialect_error error_of(const caf::error& error);
/// Why a prediction that has ended has not succeeded.
dialect_error error_of(const prediction_snapshot& ended);

}   // namespace cog

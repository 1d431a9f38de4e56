#pragma once
#include "http/dialects/dialect.hpp"
#include "prediction/answer.hpp"
#include "prediction/model_api.hpp"
#include "prediction/prediction.hpp"
#include <string>

namespace cog {

/// What a prediction of Replicate's API says beside its state.
struct replicate_facts {
  std::string public_url;
  std::string model;                // `owner/name`
  const model_api* api = nullptr;   // null: the model is not loaded
  std::string input;                // JSON as it may be shown; empty: not known any more
  bool starting = false;            // it is to be shown so, whatever it does
};

/// The object of a prediction, at its end of `body`.
void append_replicate(answer_text& body, const prediction_snapshot& prediction, const replicate_facts& facts);

/// Where the events of a prediction are; empty: it has none to follow.
std::string replicate_stream_url(const std::string& id, const replicate_facts& facts);

}   // namespace cog

#pragma once
#include "http/dialects/dialect_error.hpp"
#include "prediction/model_api.hpp"
#include "prediction/schema.hpp"

namespace cog {

/// What is told of the server and its model without a prediction.
struct server_facts {
  dialect which = dialect::openai;
  const path_words& words;
  const http_request& request;
  const server_config& config;
  health_status state = health_status::starting;
  bool ready = false;      // predictions are taken
  document_ptr document;   // null: the model is not loaded yet
  uint64_t started = 0;    // the server, in seconds since 1970

  const std::string& model() const { return api_or_default(config.api).name; }
};
using info_renderer = http_response (*)(const server_facts& facts);

/// A request that is answered by what the server knows.
class info_call : public dialect_call, private asker {
public:
  info_call(const dialect_scene& scene, const dialect_row& row, path_words words, info_renderer render)
    : scene_{scene}, which_{row.which}, words_{std::move(words)}, render_{render} {
    // nop
  }

  void handle() override;
  const std::string& prediction_id() const override;

private:
  void on_error(const caf::error& error) override;
  static void take_health(asker& to, const health_ptr& health);
  static void take_document(asker& to, const document_ptr& document);
  void respond(http_response response);

  dialect_scene scene_;
  dialect which_;
  path_words words_;
  info_renderer render_;
  health_status state_ = health_status::starting;
};

template <info_renderer Render>
std::unique_ptr<dialect_call> tell_with(const dialect_scene& scene, const dialect_row& row, path_words words) {
  return std::make_unique<info_call>(scene, row, std::move(words), Render);
}

}   // namespace cog

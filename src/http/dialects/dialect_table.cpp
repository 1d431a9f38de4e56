#include "http/dialects/any_body.hpp"
#include "http/dialects/kserve.hpp"
#include "http/dialects/models.hpp"
#include "http/dialects/openai.hpp"
#include "http/dialects/prediction_call.hpp"
#include "http/dialects/replicate.hpp"
#include "http/request.hpp"
#include "io/text.hpp"
#include <algorithm>
#include <array>
#include <optional>

namespace cog {

namespace {

constexpr std::array rows{
  // OpenAI. The lists of models are for KServe and Replicate, too.
  dialect_row{dialect::openai, "GET", "/v1/models", access::read, tell_with<tell_models>},
  dialect_row{dialect::openai, "GET", "/v1/models/{}", access::read, tell_with<tell_model>},
  dialect_row{dialect::openai, "POST", "/v1/chat/completions", access::predict, predict_with<plan_chat>},
  dialect_row{dialect::openai, "POST", "/v1/completions", access::predict, predict_with<plan_completion>},
  dialect_row{dialect::openai, "POST", "/v1/embeddings", access::predict, predict_with<plan_embeddings>},
  dialect_row{dialect::openai, "POST", "/v1/images/generations", access::predict, predict_with<plan_images>},
  dialect_row{dialect::openai, "POST", "/v1/images/edits", access::predict, predict_with<plan_image_edit>},
  dialect_row{dialect::openai, "POST", "/v1/images/variations", access::predict, predict_with<refuse_image_variation>},
  dialect_row{dialect::openai, "POST", "/v1/audio/transcriptions", access::predict, predict_with<plan_transcription>},
  dialect_row{dialect::openai, "POST", "/v1/audio/translations", access::predict, predict_with<plan_translation>},
  dialect_row{dialect::openai, "POST", "/v1/audio/speech", access::predict, predict_with<plan_speech>},
  dialect_row{dialect::openai, "POST", "/v1/responses", access::predict, predict_with<plan_response>},

  dialect_row{dialect::kserve, "POST", "/v1/models/{}:predict", access::predict, predict_with<plan_instances>},
  dialect_row{dialect::kserve, "GET", "/v2", access::read, tell_with<tell_server>},
  dialect_row{dialect::kserve, "GET", "/v2/health/live", access::open, tell_with<tell_live>},
  dialect_row{dialect::kserve, "GET", "/v2/health/ready", access::open, tell_with<tell_ready>},
  dialect_row{dialect::kserve, "GET", "/v2/models", access::read, tell_with<tell_names>},
  dialect_row{dialect::kserve, "GET", "/v2/models/{}", access::read, tell_with<tell_metadata>},
  dialect_row{dialect::kserve, "GET", "/v2/models/{}/versions/{}", access::read, tell_with<tell_metadata>},
  dialect_row{dialect::kserve, "GET", "/v2/models/{}/ready", access::open, tell_with<tell_model_ready>},
  dialect_row{dialect::kserve, "GET", "/v2/models/{}/versions/{}/ready", access::open, tell_with<tell_model_ready>},
  dialect_row{dialect::kserve, "POST", "/v2/models/{}/infer", access::predict, predict_with<plan_infer>},
  dialect_row{dialect::kserve, "POST", "/v2/models/{}/versions/{}/infer", access::predict, predict_with<plan_infer>},
  dialect_row{dialect::kserve, "POST", "/v2/models/{}/generate", access::predict, predict_with<plan_generate>},
  dialect_row{dialect::kserve, "POST", "/v2/models/{}/generate_stream", access::predict,
              predict_with<plan_generate_stream>},
  dialect_row{dialect::kserve, "POST", "/v2/models/{}/versions/{}/generate", access::predict,
              predict_with<plan_generate>},
  dialect_row{dialect::kserve, "POST", "/v2/models/{}/versions/{}/generate_stream", access::predict,
              predict_with<plan_generate_stream>},

  dialect_row{dialect::replicate, "POST", "/v1/predictions", access::predict, create_replicate},
  dialect_row{dialect::replicate, "GET", "/v1/predictions", access::read, list_replicate},
  dialect_row{dialect::replicate, "GET", "/v1/predictions/{}", access::read, find_replicate},
  dialect_row{dialect::replicate, "POST", "/v1/predictions/{}/cancel", access::predict, cancel_replicate},
  dialect_row{dialect::replicate, "GET", "/v1/streams/{}", access::predict, stream_replicate},
  dialect_row{dialect::replicate, "GET", "/v1/files/{}/stream", access::predict, stream_replicate},
  dialect_row{dialect::replicate, "GET", "/v1/models/{}/{}", access::read, tell_with<tell_replicate_model>},
  dialect_row{dialect::replicate, "GET", "/v1/models/{}/{}/versions", access::read, tell_with<tell_versions>},
  dialect_row{dialect::replicate, "GET", "/v1/models/{}/{}/versions/{}", access::read, tell_with<tell_version>},
  dialect_row{dialect::replicate, "POST", "/v1/models/{}/{}/predictions", access::predict, create_replicate},
  dialect_row{dialect::replicate, "POST", "/v1/deployments/{}/{}/predictions", access::predict, create_replicate},

  dialect_row{dialect::sagemaker, "GET", "/ping", access::open, tell_with<tell_ping>},
  dialect_row{dialect::sagemaker, "POST", "/invocations", access::predict, predict_with<plan_invocation>},
  dialect_row{dialect::sagemaker, "POST", "/endpoints/{}/invocations", access::predict, predict_with<plan_invocation>},
  dialect_row{dialect::sagemaker, "POST", "/endpoints/{}/invocations-response-stream", access::predict,
              predict_with<plan_invocation_stream>},

  dialect_row{dialect::vertex, "GET", "/v1/endpoints/{}/deployedModels/{}:predict", access::open,
              tell_with<tell_health>},
  dialect_row{dialect::vertex, "POST", "/v1/endpoints/{}/deployedModels/{}:predict", access::predict,
              predict_with<plan_invocation>},
  dialect_row{dialect::vertex, "POST", "/predict", access::predict, predict_with<plan_invocation>},

  dialect_row{dialect::azure, "POST", "/score", access::predict, predict_with<plan_invocation>},

  dialect_row{dialect::huggingface, "POST", "/", access::predict, predict_with<plan_task>},
  dialect_row{dialect::huggingface, "GET", "/health", access::open, tell_with<tell_health>},
  dialect_row{dialect::huggingface, "GET", "/info", access::read, tell_with<tell_server>},
};

/// Where Vertex AI says that its requests go (AIP_PREDICT_ROUTE, AIP_HEALTH_ROUTE).
constexpr std::array vertex_rows{
  dialect_row{dialect::vertex, "POST", {}, access::predict, predict_with<plan_invocation>},
  dialect_row{dialect::vertex, "GET", {}, access::open, tell_with<tell_health>},
};

/// What the `{}` of the pattern stand for. A segment of the pattern may go on after it, as in `{}:predict`.
std::optional<path_words> match(std::string_view pattern, std::string_view path) {
  constexpr std::string_view word = "{}";
  path_words words;
  while (!pattern.empty()) {
    auto at = pattern.find(word);
    auto before = pattern.substr(0, at);
    if (!path.starts_with(before))
      return {};
    path.remove_prefix(before.size());
    if (at == pattern.npos)
      return path.empty() ? std::optional{std::move(words)} : std::nullopt;
    pattern.remove_prefix(at + word.size());
    auto after = pattern.substr(0, std::min(pattern.find('/'), pattern.size()));
    auto segment = path.substr(0, std::min(path.find('/'), path.size()));
    if (segment.size() <= after.size() || !segment.ends_with(after))
      return {};
    segment.remove_suffix(after.size());
    percent_decode(segment, true, words.emplace_back());
    path.remove_prefix(segment.size() + after.size());
    pattern.remove_prefix(after.size());
  }
  return path.empty() ? std::optional{std::move(words)} : std::nullopt;
}

bool allows(std::string_view allowed, std::string_view method) {
  return method == allowed || (allowed == "GET" && method == "HEAD");
}

/// A request that no row takes.
class refused_call : public dialect_call {
public:
  refused_call(const dialect_scene& scene, http_response response) : scene_{scene}, response_{std::move(response)} {
    // nop
  }

  void handle() override {
    response_.close = !scene_.request.is_done();
    answer_text body{std::move(response_.body)};
    scene_.client.respond(response_, std::move(body));
  }
  const std::string& prediction_id() const override {
    static const std::string none;
    return none;
  }

private:
  dialect_scene scene_;
  http_response response_;
};

}   // namespace

const dialect_row* find_vertex(std::string_view method, std::string_view target, const server_config& config) {
  auto path = target.substr(0, target.find('?'));
  if (method == "POST" && path == config.vertex_predict)
    return vertex_rows.data();
  return allows("GET", method) && path == config.vertex_health ? &vertex_rows[1] : nullptr;
}

dialect_match find_dialect(std::string_view method, std::string_view target, const api_config& served) {
  constexpr std::string_view invoked = "/invoke/";   // by Vertex AI, for paths of any kind
  auto path = target.substr(0, target.find('?'));
  if (path.starts_with(invoked) && served.serves("vertex"))
    path.remove_prefix(invoked.size() - 1);
  dialect_match found;
  for (auto& row : rows) {
    if (!served.serves(dialect_names[static_cast<size_t>(row.which)]))
      continue;
    auto words = match(row.pattern, path);
    if (!words)
      continue;
    if (allows(row.method, method)) {
      found.row = &row;
      found.words = std::move(*words);
      found.which = row.which;
      return found;
    }
    found.which = row.which;
    found.allow.append(found.allow.empty() ? "" : ",").append(row.method);
  }
  return found;
}

std::unique_ptr<dialect_call> make_wrong_method(const dialect_scene& scene, const dialect_match& match) {
  auto response = render_error(match.which, {dialect_fault::wrong_method, "This path takes " + match.allow, {}});
  response.more_headers.push_back("allow: " + match.allow);
  return std::make_unique<refused_call>(scene, std::move(response));
}

}   // namespace cog

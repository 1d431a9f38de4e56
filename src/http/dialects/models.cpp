#include "http/dialects/models.hpp"
#include "http/dialects/prediction_call.hpp"
#include "json/json_writer.hpp"
#include "prediction/clock_text.hpp"
#include "version.hpp"

namespace cog {

namespace {

std::string started_text(const server_facts& facts) {
  return to_rfc3339(std::chrono::system_clock::time_point{std::chrono::seconds{facts.started}});
}

std::string version_of(const server_facts& facts) {
  return facts.document && facts.document->api ? facts.document->api->version : std::string{};
}

void write_openai(json_writer& json, const server_facts& facts) {
  json.text("id", facts.model());
  json.text("object", "model");
  json.number("created", facts.started);
  json.text("owned_by", "cog");
}

void write_version(json_writer& json, const server_facts& facts, std::string_view name) {
  json.open(name, '{');
  json.text("id", version_of(facts));
  json.text("created_at", started_text(facts));
  json.text("cog_version", api_version);
  json.raw("openapi_schema", facts.document ? facts.document->json : "{}");
  json.close('}');
}

void write_replicate(json_writer& json, const server_facts& facts, std::string_view name, std::string_view owner,
                     std::string_view model) {
  json.open(name, '{');
  json.text("url",
            public_url(facts.request, facts.config) + "/v1/models/" + std::string{owner} + "/" + std::string{model});
  json.text("owner", owner);
  json.text("name", model);
  json.raw("description", "null");
  json.text("visibility", "private");
  for (auto field : {"github_url", "paper_url", "license_url", "cover_image_url", "default_example"})
    json.raw(field, "null");
  json.number("run_count", 0);
  write_version(json, facts, "latest_version");
  json.close('}');
}

http_response not_loaded(const server_facts& facts) {
  return render_error(facts.which, {dialect_fault::not_ready, "The model is not loaded yet", {}});
}

}   // namespace

http_response tell_models(const server_facts& facts) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("object", "list");
  json.open("data", '[');
  json.open("", '{');
  write_openai(json, facts);
  json.close('}');
  json.close(']');
  json.open("models", '[');
  json.text("", facts.model());
  json.close(']');
  json.raw("next", "null");
  json.raw("previous", "null");
  json.open("results", '[');
  if (facts.document)
    write_replicate(json, facts, "", "cog", facts.model());
  json.close(']');
  json.close('}');
  return json_response(200, std::move(out));
}

http_response tell_model(const server_facts& facts) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  write_openai(json, facts);
  json.text("name", facts.model());
  json.flag("ready", facts.ready);
  json.close('}');
  return json_response(facts.ready ? 200 : 503, std::move(out));
}

http_response tell_replicate_model(const server_facts& facts) {
  if (!facts.document)
    return not_loaded(facts);
  std::string out;
  json_writer json{out};
  write_replicate(json, facts, "", facts.words[0], facts.words[1]);
  return json_response(200, std::move(out));
}

http_response tell_versions(const server_facts& facts) {
  if (!facts.document)
    return not_loaded(facts);
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.raw("previous", "null");
  json.raw("next", "null");
  json.open("results", '[');
  write_version(json, facts, "");
  json.close(']');
  json.close('}');
  return json_response(200, std::move(out));
}

http_response tell_version(const server_facts& facts) {
  if (!facts.document)
    return not_loaded(facts);
  std::string out;
  json_writer json{out};
  write_version(json, facts, "");
  return json_response(200, std::move(out));
}

http_response tell_health(const server_facts& facts) {
  return json_response(facts.ready ? 200 : 503,
                       "{\"status\":" + std::string{"\""} + std::string{to_string(facts.state)} + "\"}");
}

http_response tell_ping(const server_facts& facts) {
  return text_response(facts.ready ? 200 : 503, {});
}

std::string operations_text(const model_api& api) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  for (size_t at = 0; at < operation_names.size(); ++at) {
    auto refusal = api.refusal(static_cast<operation>(at));
    if (!api.config.serves("openai"))
      refusal = "Switched off in cog.yaml: api: {off: [openai]}";
    if (refusal.empty())
      json.flag(operation_names[at], true);
    else
      json.text(operation_names[at], refusal);
  }
  json.close('}');
  return out;
}

}   // namespace cog

#include "http/dialects/kserve.hpp"
#include "http/dialects/input_maker.hpp"
#include "http/dialects/tensor.hpp"
#include "json/json_writer.hpp"
#include "version.hpp"

namespace cog {

namespace {

void write_tensor(json_writer& json, const std::string& name, const tensor_shape& tensor) {
  json.open("", '{');
  json.text("name", name);
  json.text("datatype", tensor.type);
  json.raw("shape", tensor.shape);
  json.close('}');
}

http_response unknown(const std::string& what) {
  return render_error(dialect::kserve, {dialect_fault::not_found, what, {}});
}

/// A path may name a version: there is one.
bool has_version(const server_facts& facts) {
  return facts.words.size() < 2 || facts.words[1] == "1";
}

http_response flag_answer(const char* name, bool value) {
  return json_response(value ? 200 : 503, std::string{"{\""} + name + "\":" + (value ? "true" : "false") + "}");
}

}   // namespace

http_response tell_server(const server_facts&) {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("name", "cog");
  json.text("version", build_version);
  json.raw("extensions", R"(["binary_tensor_data","generate"])");
  json.close('}');
  return json_response(200, std::move(out));
}

http_response tell_live(const server_facts& facts) {
  return flag_answer("live", facts.state != health_status::setup_failed && facts.state != health_status::defunct);
}

http_response tell_ready(const server_facts& facts) {
  return flag_answer("ready", facts.ready);
}

http_response tell_names(const server_facts& facts) {
  return json_response(200, "{\"models\":[" + quoted(facts.model()) + "]}");
}

http_response tell_metadata(const server_facts& facts) {
  if (!has_version(facts))
    return unknown("The only version is 1");
  if (!facts.document || !facts.document->api)
    return render_error(dialect::kserve, {dialect_fault::not_ready, "The model is not loaded yet", {}});
  auto& api = *facts.document->api;
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.text("name", facts.model());
  json.raw("versions", R"(["1"])");
  json.text("platform", "cog");
  json.open("inputs", '[');
  for (auto& input : api.inputs)
    write_tensor(json, input.name, shape_of(input));
  json.close(']');
  json.open("outputs", '[');
  if (api.output.kind == value_kind::object && !api.output.list && !api.output.fields.empty())
    for (auto& field : api.output.fields)
      write_tensor(json, field.name, shape_of(field));
  else
    write_tensor(json, "output", shape_of(api.output));
  json.close(']');
  json.close('}');
  return json_response(200, std::move(out));
}

http_response tell_model_ready(const server_facts& facts) {
  if (!has_version(facts))
    return unknown("The only version is 1");
  return json_response(facts.ready ? 200 : 503,
                       "{\"name\":" + quoted(facts.model()) + ",\"ready\":" + (facts.ready ? "true" : "false") + "}");
}

http_response tell_unknown(const server_facts&) {
  return unknown("This server has no such path of the protocol");
}

}   // namespace cog

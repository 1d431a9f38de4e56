#include "http/dialects/replicate_body.hpp"
#include "io/text.hpp"
#include "json/json_writer.hpp"
#include "prediction/clock_text.hpp"

namespace cog {

namespace {

using moment = std::chrono::system_clock::time_point;

std::string time_json(moment when) {
  if (when == moment{})
    return "null";
  auto text = to_rfc3339(when);
  return "\"" + text.substr(0, text.find('.') + 7) + "Z\"";
}

void append_output(answer_text& body, const prediction_snapshot& prediction) {
  auto& output = prediction.output;
  bool list = output.form == prediction_output::shape::chunks;
  if (output.form == prediction_output::shape::none || (output.json.empty() && !list)) {
    tail_of(body) += "null";
    return;
  }
  if (list)
    tail_of(body) += '[';
  append_json(body, output.json, output.files);
  if (list)
    tail_of(body) += ']';
}

std::string metrics_json(const prediction_snapshot& prediction) {
  std::string text = "{" + prediction.metrics;
  if (is_terminal(prediction.status)) {
    text += text.size() > 1 ? ",\"predict_time\":" : "\"predict_time\":";
    append_float(text, prediction.predict_time);
  }
  return text + "}";
}

}   // namespace

std::string replicate_stream_url(const std::string& id, const replicate_facts& facts) {
  if (!facts.api || !facts.api->output.iterator)
    return {};
  bool files = facts.api->output.kind == value_kind::file;
  return facts.public_url +
    (files ? "/v1/files/" + percent_encoded(id) + "/stream" : "/v1/streams/" + percent_encoded(id));
}

void append_replicate(answer_text& body, const prediction_snapshot& prediction, const replicate_facts& facts) {
  auto status = facts.starting ? prediction_status::starting : prediction.status;
  auto url = facts.public_url + "/v1/predictions/" + percent_encoded(prediction.id);
  {
    json_writer json{tail_of(body)};
    json.open("", '{');
    json.text("id", prediction.id);
    json.text("model", facts.model);
    json.text("version", facts.api ? facts.api->version : "");
    auto& shown = prediction.input;
    json.raw("input", !shown.empty() ? shown.str() : facts.input.empty() ? "{}" : facts.input);
    json.text("status", to_string(status));
    if (status == prediction_status::failed || status == prediction_status::canceled)
      json.text("error", prediction.error);
    else
      json.raw("error", "null");
    json.raw("logs", "\"" + prediction.logs.str() + "\"");
    json.raw("metrics", metrics_json(prediction));
    json.raw("created_at", time_json(prediction.created));
    json.raw("started_at", time_json(prediction.started));
    json.raw("completed_at", time_json(prediction.completed));
    json.flag("data_removed", false);
    json.text("source", "api");
    json.open("urls", '{');
    json.text("get", url);
    json.text("cancel", url + "/cancel");
    json.text("web", url);
    if (auto stream = replicate_stream_url(prediction.id, facts); !stream.empty())
      json.text("stream", stream);
    json.close('}');
    json.raw("output", "");
  }
  if (facts.starting)
    tail_of(body) += "null";
  else
    append_output(body, prediction);
  tail_of(body) += '}';
}

}   // namespace cog

#include "prediction/answer.hpp"
#include "prediction/clock_text.hpp"
#include "prediction/json_tree.hpp"
#include <utility>

namespace cog {

namespace {

class answer_writer {
public:
  explicit answer_writer(const prediction_snapshot& prediction) : prediction_{prediction} {
    text_.reserve(prediction.output.json.size() + prediction.logs.size() + prediction.id.size() +
                  prediction.metrics.size() + prediction.input.size() + 128);
  }

  answer_text write(bool with_output, bool with_input, bool with_times = false) {
    text_ += '{';
    if (with_times) {
      write_time("completed_at", prediction_.completed);
      write_time("created_at", prediction_.created);
    }
    if (prediction_.status == prediction_status::failed)
      write_string("error", prediction_.error);
    write_string("id", prediction_.id);
    if (with_input && !prediction_.input.empty())
      write_json("input", prediction_.input);
    write_string("logs", prediction_.logs);
    write_metrics();
    if (with_output)
      write_output();
    if (with_times)
      write_time("started_at", prediction_.started);
    write_string("status", to_string(prediction_.status));
    text_ += '}';
    pieces_.emplace_back(std::move(text_));
    return std::move(pieces_);
  }

  std::string write_summary() {
    text_ += '{';
    write_time("completed_at", prediction_.completed);
    write_time("created_at", prediction_.created);
    write_string("id", prediction_.id);
    write_time("started_at", prediction_.started);
    write_string("status", to_string(prediction_.status));
    return text_ + '}';
  }

private:
  void write_key(std::string_view key) {
    text_ += std::exchange(separator_, ",\"");
    text_ += key;
    text_ += "\":";
  }

  void write_string(std::string_view key, std::string_view value) {
    write_key(key);
    append_json_string(text_, value);
  }

  /// Nothing for one that has not come.
  void write_time(std::string_view key, std::chrono::system_clock::time_point moment) {
    if (moment != std::chrono::system_clock::time_point{})
      write_string(key, to_rfc3339(moment));
  }

  void write_json(std::string_view key, std::string_view json) {
    write_key(key);
    text_ += json;
  }

  void write_metrics() {
    write_key("metrics");
    text_ += '{';
    if (is_terminal(prediction_.status))
      write_timed_metrics();
    else
      text_ += prediction_.metrics;
    text_ += '}';
  }

  /// The recorded metrics with `predict_time` at its place among them; it replaces one of that name.
  void write_timed_metrics() {
    constexpr std::string_view name = "predict_time";
    json_error error;
    auto object = "{" + prediction_.metrics + "}";
    auto recorded = prediction_.metrics.empty() ? std::nullopt : parse_json(object, error);
    auto separator = "";
    auto write_time = [&] {
      text_ += std::exchange(separator, ",");
      text_ += "\"predict_time\":";
      append_float(text_, prediction_.predict_time);
    };
    auto timed = false;
    if (recorded)
      for (auto& [key, value] : recorded->members) {
        if (!timed && key >= name) {
          timed = true;
          write_time();
        }
        if (key == name)
          continue;
        text_ += std::exchange(separator, ",");
        append_json_string(text_, key);
        text_ += ':';
        append_json(text_, value, number_style::as_written);
      }
    if (!timed)
      write_time();
  }

  void write_output() {
    auto& output = prediction_.output;
    write_key("output");
    // Until it has succeeded, what a prediction has produced is shown as a list.
    auto list = output.form == prediction_output::shape::chunks ||
      (output.form == prediction_output::shape::value && prediction_.status != prediction_status::succeeded);
    if (output.form == prediction_output::shape::none) {
      text_ += "null";
      return;
    }
    if (list)
      text_ += '[';
    size_t written = 0;
    for (auto& file : output.files) {
      text_.append(output.json, written, file.at.offset - written);
      pieces_.emplace_back(std::exchange(text_, {}));
      pieces_.emplace_back(file);
      written = file.at.offset + file.at.length;
    }
    text_.append(output.json, written);
    if (list)
      text_ += ']';
  }

  const prediction_snapshot& prediction_;
  answer_text pieces_;
  std::string text_;
  const char* separator_ = "\"";
};

bool has_output(const prediction_snapshot& prediction) {
  return prediction.status == prediction_status::succeeded || !prediction.output.json.empty();
}

}   // namespace

answer_text final_answer(const prediction_snapshot& prediction) {
  return answer_writer{prediction}.write(prediction.status == prediction_status::succeeded, false);
}

answer_text state_answer(const prediction_snapshot& prediction) {
  return answer_writer{prediction}.write(has_output(prediction), true);
}

answer_text accepted_answer(const prediction_snapshot& prediction) {
  std::string text = "{\"id\":";
  append_json_string(text, prediction.id);
  return {text + ",\"status\":\"" + std::string{to_string(prediction.status)} + "\"}"};
}

answer_text kept_answer(const prediction_snapshot& prediction) {
  return answer_writer{prediction}.write(has_output(prediction), false, true);
}

std::string list_body(const std::vector<snapshot_ptr>& predictions) {
  std::string text = R"({"results":[)";
  auto separator = "";
  for (auto& prediction : predictions) {
    text += std::exchange(separator, ",");
    text += answer_writer{*prediction}.write_summary();
  }
  return text + "]}";
}

std::string data_url_prefix(std::string_view mime) {
  return "\"data:" + std::string{mime} + ";base64,";
}

uint64_t content_length(const answer_text& answer) {
  uint64_t length = 0;
  for (auto& piece : answer)
    if (auto file = std::get_if<output_file>(&piece))
      length += data_url_prefix(file->mime).size() + (file->size + 2) / 3 * 4 + 1;
    else
      length += std::get<std::string>(piece).size();
  return length;
}

std::string detail_body(const std::vector<input_error>& errors) {
  std::string body = "{\"detail\":[";
  auto separator = "";
  for (auto& error : errors) {
    body += std::exchange(separator, ",");
    body += "{\"loc\":[\"body\",\"input\",";
    append_json_string(body, error.field);
    body += "],\"msg\":";
    append_json_string(body, error.message);
    body += ",\"type\":";
    append_json_string(body, error.type);
    body += '}';
  }
  return body + "]}";
}

std::string id_mismatch_body(std::string_view noun) {
  return "{\"detail\":[{\"loc\":[\"body\",\"id\"],\"msg\":\"" + std::string{noun} +
    " ID must match the ID supplied in the URL\",\"type\":\"value_error\"}]}";
}

std::string error_body(std::string_view text) {
  std::string body = "{\"error\":";
  append_json_string(body, text);
  return body + "}";
}

std::string failed_body(std::string_view text) {
  std::string body = "{\"error\":";
  append_json_string(body, text);
  return body + ",\"status\":\"failed\"}";
}

}   // namespace cog

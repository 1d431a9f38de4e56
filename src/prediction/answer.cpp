#include "prediction/answer.hpp"
#include "prediction/clock_text.hpp"
#include "json/json_tree.hpp"
#include "json/json_writer.hpp"
#include <algorithm>
#include <utility>

namespace cog {

namespace {

constexpr size_t small = 4096;   // bytes of a text that is copied

class snapshot_writer {
public:
  explicit snapshot_writer(const prediction_snapshot& prediction, const file_links& links = {})
    : prediction_{prediction}, links_{links} {
    auto bytes = prediction.output.json.size() + prediction.logs.size() + prediction.input.size();
    text_->reserve(std::min(bytes, small) + prediction.id.size() + prediction.metrics.size() + 128);
  }

  answer_text write(bool with_output, bool with_input, bool with_times = false) {
    *text_ += '{';
    if (with_times) {
      write_time("completed_at", prediction_.completed);
      write_time("created_at", prediction_.created);
      write_time("deadline", prediction_.deadline);
    }
    if (prediction_.status == prediction_status::failed || !prediction_.error.empty())
      write_string("error", prediction_.error);
    write_string("id", prediction_.id);
    if (with_input && !prediction_.input.empty())
      write_input();
    write_key("logs");
    *text_ += '"';
    append(prediction_.logs);
    *text_ += '"';
    write_metrics();
    if (with_output)
      write_output();
    if (prediction_.queue.position > 0) {
      write_key("queue");
      append_place(*text_, prediction_.queue);
    }
    if (with_times)
      write_time("started_at", prediction_.started);
    write_string("status", to_string(prediction_.status));
    *text_ += '}';
    return std::move(pieces_);
  }

  std::string write_summary() {
    *text_ += '{';
    write_time("completed_at", prediction_.completed);
    write_time("created_at", prediction_.created);
    write_string("id", prediction_.id);
    write_time("started_at", prediction_.started);
    write_string("status", to_string(prediction_.status));
    *text_ += '}';
    return std::move(*text_);
  }

private:
  void write_key(std::string_view key) {
    *text_ += std::exchange(separator_, ",\"");
    *text_ += key;
    *text_ += "\":";
  }

  void write_string(std::string_view key, std::string_view value) {
    write_key(key);
    append_json_string(*text_, value);
  }

  /// Nothing for one that has not come.
  void write_time(std::string_view key, std::chrono::system_clock::time_point moment) {
    if (moment != std::chrono::system_clock::time_point{})
      write_string(key, to_rfc3339(moment));
  }

  void append(const shared_text& text, const std::vector<output_file>& files = {}) {
    append_json(pieces_, text, files, links_);
    text_ = &tail_of(pieces_);
  }

  void write_input() {
    write_key("input");
    append(prediction_.input);
  }

  void write_metrics() {
    write_key("metrics");
    *text_ += '{';
    if (is_terminal(prediction_.status))
      write_timed_metrics();
    else
      *text_ += prediction_.metrics;
    *text_ += '}';
  }

  /// The recorded metrics with `predict_time` at its place among them; it replaces one of that name.
  void write_timed_metrics() {
    constexpr std::string_view name = "predict_time";
    json_error error;
    auto object = "{" + prediction_.metrics + "}";
    auto recorded = prediction_.metrics.empty() ? std::nullopt : parse_json(object, error);
    auto separator = "";
    auto write_time = [&] {
      *text_ += std::exchange(separator, ",");
      *text_ += "\"predict_time\":";
      append_float(*text_, prediction_.predict_time);
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
        *text_ += std::exchange(separator, ",");
        append_json_string(*text_, key);
        *text_ += ':';
        append_json(*text_, value, number_style::as_written);
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
      *text_ += "null";
      return;
    }
    if (list)
      *text_ += '[';
    append(output.json, output.files);
    if (list)
      *text_ += ']';
  }

  const prediction_snapshot& prediction_;
  const file_links links_;
  answer_text pieces_;
  std::string* text_ = &tail_of(pieces_);   // the last piece
  const char* separator_ = "\"";
};

bool has_output(const prediction_snapshot& prediction) {
  return prediction.status == prediction_status::succeeded || !prediction.output.json.empty();
}

}   // namespace

std::string& tail_of(answer_text& answer) {
  if (answer.empty() || !std::holds_alternative<std::string>(answer.back()))
    answer.emplace_back(std::string{});
  return std::get<std::string>(answer.back());
}

void append_slice(answer_text& answer, const text_slice& text) {
  if (text.text.size() <= small)
    tail_of(answer) += text.text;
  else
    answer.emplace_back(text);
}

void append_json(answer_text& answer, const shared_text& json, const std::vector<output_file>& files,
                 const file_links& links) {
  auto append = [&](const shared_text& text) {
    for (auto& slice : text.slices())
      append_slice(answer, slice);
  };
  if (files.empty())
    return append(json);
  size_t written = 0;
  auto number = links.first;
  for (auto& file : files) {
    append(json.part(written, file.at.offset - written));
    if (links.base.empty())
      answer.emplace_back(file);
    else
      tail_of(answer).append("\"").append(links.base).append(std::to_string(number++)).append("\"");
    written = file.at.offset + file.at.length;
  }
  append(json.part(written, json.size()));
}

void append_place(std::string& text, const queue_place& place) {
  text += "{\"position\":" + std::to_string(place.position);
  if (place.wait_ms)
    text += ",\"estimated_wait_ms\":" + std::to_string(*place.wait_ms);
  text += '}';
}

answer_text final_answer(const prediction_snapshot& prediction, const file_links& links) {
  return snapshot_writer{prediction, links}.write(prediction.status == prediction_status::succeeded, false);
}

answer_text state_answer(const prediction_snapshot& prediction, const file_links& links) {
  return snapshot_writer{prediction, links}.write(has_output(prediction), true);
}

answer_text accepted_answer(const prediction_snapshot& prediction) {
  std::string text = "{\"id\":";
  append_json_string(text, prediction.id);
  return {text + ",\"status\":\"" + std::string{to_string(prediction.status)} + "\"}"};
}

answer_text kept_answer(const prediction_snapshot& prediction, const file_links& links) {
  return snapshot_writer{prediction, links}.write(has_output(prediction), false, true);
}

std::string list_body(const std::vector<snapshot_ptr>& predictions) {
  std::string text = R"({"results":[)";
  auto separator = "";
  for (auto& prediction : predictions) {
    text += std::exchange(separator, ",");
    text += snapshot_writer{*prediction}.write_summary();
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
      length += (file->size + 2) / 3 * 4 + (file->bare ? 0 : data_url_prefix(file->mime).size() + 1);
    else if (auto slice = std::get_if<text_slice>(&piece))
      length += slice->text.size();
    else if (auto bytes = std::get_if<raw_file>(&piece))
      length += bytes->size;
    else
      length += std::get<std::string>(piece).size();
  return length;
}

std::string detail_body(const std::vector<input_error>& errors) {
  std::string body;
  json_writer json{body};
  json.open("", '{');
  json.open("detail", '[');
  for (auto& error : errors) {
    json.open("", '{');
    json.open("loc", '[');
    json.text("", "body");
    json.text("", "input");
    json.text("", error.field);
    json.close(']');
    json.text("msg", error.message);
    json.text("type", error.type);
    json.close('}');
  }
  json.close(']');
  json.close('}');
  return body;
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

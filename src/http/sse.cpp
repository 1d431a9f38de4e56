#include "http/sse.hpp"
#include "http/response.hpp"
#include "prediction/json_text.hpp"
#include <array>
#include <cstdio>
#include <utility>

namespace cog {

namespace {

constexpr std::array<std::string_view, 3> metric_modes{"replace", "increment", "append"};

std::string begin(std::string_view name) {
  return "event: " + std::string{name} + "\ndata: ";
}

answer_text chunk_text(const prediction_event& event) {
  answer_text pieces;
  auto text = begin("output") + R"({"chunk":)";
  size_t written = 0;
  for (auto& file : event.files) {
    text.append(event.text, written, file.at.offset - written);
    pieces.emplace_back(std::exchange(text, {}));
    pieces.emplace_back(file);
    written = file.at.offset + file.at.length;
  }
  text.append(event.text, written);
  pieces.emplace_back(text + R"(,"index":)" + std::to_string(event.index) + "}\n\n");
  return pieces;
}

std::string log_text(const prediction_event& event) {
  auto text = begin("log") + R"({"data":)";
  append_json_string(text, event.text);
  return text + R"(,"source":")" + (event.from_stderr ? "stderr" : "stdout") + "\"}\n\n";
}

std::string metric_text(const prediction_event& event) {
  auto text = begin("metric") + R"({"mode":")" + std::string{metric_modes.at(event.mode)} + R"(","name":)";
  append_json_string(text, event.name);
  return text + R"(,"value":)" + event.text + "}\n\n";
}

std::string start_text(const prediction_event& event) {
  auto text = begin("start") + R"({"id":)";
  append_json_string(text, event.name);
  return text + R"(,"status":"processing"})" + "\n\n";
}

answer_text end_text(const prediction_event& event) {
  auto pieces = state_answer(*event.end);
  pieces.insert(pieces.begin(), begin("completed"));
  pieces.emplace_back("\n\n");
  return pieces;
}

}   // namespace

answer_text sse_text(const prediction_event& event) {
  using kind = prediction_event::kind;
  switch (event.what) {
    case kind::start:
      return {start_text(event)};
    case kind::output:
      return chunk_text(event);
    case kind::log:
      return {log_text(event)};
    case kind::metric:
      return {metric_text(event)};
    case kind::completed:
      return end_text(event);
    case kind::truncated:
      return {begin("error") + R"({"error":"SSE stream replay truncated; events were dropped","skipped":)" +
              std::to_string(event.index) + "}\n\n"};
  }
  return {};
}

std::string sse_head(bool chunked, bool keep_alive) {
  http_response response;
  response.content_type = "text/event-stream";
  response.more_headers = {"cache-control: no-cache"};
  if (chunked)
    response.more_headers.emplace_back("transfer-encoding: chunked");
  return make_head(response, {}, keep_alive);
}

std::string chunk_head(uint64_t bytes) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%llx\r\n", static_cast<unsigned long long>(bytes));
  return text.data();
}

}   // namespace cog

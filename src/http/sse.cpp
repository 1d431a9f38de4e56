#include "http/sse.hpp"
#include "http/response.hpp"
#include "json/json_text.hpp"
#include <array>
#include <cstdio>
#include <utility>

namespace cog {

namespace {

constexpr std::array<std::string_view, 3> metric_modes{"replace", "increment", "append"};

std::string begin(std::string_view name, const prediction_event& event, const event_style& style) {
  auto text = "event: " + std::string{name};
  if (!style.run.empty())
    text.append("\nid: ").append(event_id(style.run, event));
  return text + "\ndata: ";
}

answer_text chunk_text(const prediction_event& event, const event_style& style) {
  answer_text pieces{begin("output", event, style) + R"({"chunk":)"};
  if (event.files.empty()) {
    append_slice(pieces, event.text);
  } else {
    shared_text chunk;
    chunk.append(event.text);
    append_json(pieces, chunk, event.files, {style.links, event.first_file});
  }
  tail_of(pieces) += R"(,"index":)" + std::to_string(event.index) + "}\n\n";
  return pieces;
}

answer_text log_pieces(const prediction_event& event, const event_style& style) {
  answer_text pieces{begin("log", event, style) + R"({"data":")"};
  append_slice(pieces, event.text);
  tail_of(pieces) += std::string{R"(","source":")"} + (event.from_stderr ? "stderr" : "stdout") + "\"}\n\n";
  return pieces;
}

std::string metric_text(const prediction_event& event, const event_style& style) {
  auto text =
    begin("metric", event, style) + R"({"mode":")" + std::string{metric_modes.at(event.mode)} + R"(","name":)";
  append_json_string(text, event.name);
  return text.append(R"(,"value":)").append(event.text.text) + "}\n\n";
}

std::string place_text(const prediction_event& event, const event_style& style) {
  auto text = begin("queued", event, style);
  append_place(text, event.place);
  return text + "\n\n";
}

std::string start_text(const prediction_event& event, const event_style& style) {
  auto text = begin("start", event, style) + R"({"id":)";
  append_json_string(text, event.name);
  return text + R"(,"status":"processing"})" + "\n\n";
}

answer_text end_text(const prediction_event& event, const event_style& style) {
  auto pieces = style.run.empty() ? state_answer(*event.end, {style.links}) : kept_answer(*event.end, {style.links});
  pieces.insert(pieces.begin(), begin("completed", event, style));
  pieces.emplace_back("\n\n");
  return pieces;
}

}   // namespace

answer_text sse_text(const prediction_event& event, const event_style& style) {
  using kind = prediction_event::kind;
  switch (event.what) {
    case kind::start:
      return {start_text(event, style)};
    case kind::output:
      return chunk_text(event, style);
    case kind::log:
      return log_pieces(event, style);
    case kind::metric:
      return {metric_text(event, style)};
    case kind::completed:
      return end_text(event, style);
    case kind::truncated:
      return {begin("error", event, style) +
              R"({"error":"SSE stream replay truncated; events were dropped","skipped":)" +
              std::to_string(event.index) + "}\n\n"};
    case kind::queued:
      return {place_text(event, style)};
  }
  return {};
}

std::string event_id(std::string_view run, const prediction_event& event) {
  auto id = std::string{run} + '-';
  if (event.what == prediction_event::kind::completed)
    return id.append(end_of_run);
  return id + std::to_string(event.position);
}

std::string sse_head(bool chunked, bool keep_alive, bool links) {
  http_response response;
  response.content_type = "text/event-stream";
  response.more_headers = {"cache-control: no-cache"};
  if (chunked)
    response.more_headers.emplace_back("transfer-encoding: chunked");
  if (links)
    response.more_headers.emplace_back(links_header);
  return make_head(response, {}, keep_alive);
}

std::string stream_head(http_response head, bool chunked, bool keep_alive) {
  head.more_headers.emplace_back("cache-control: no-cache");
  if (chunked)
    head.more_headers.emplace_back("transfer-encoding: chunked");
  return make_head(head, {}, keep_alive);
}

std::string chunk_head(uint64_t bytes) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%llx\r\n", static_cast<unsigned long long>(bytes));
  return text.data();
}

}   // namespace cog

#include "http/answer_writer.hpp"
#include "http/dialects/dialect_error.hpp"
#include "http/dialects/replicate.hpp"
#include "http/dialects/text_answer.hpp"
#include "http/ownership.hpp"
#include "http/request.hpp"

namespace cog {

namespace {

/// Events with names and ids; the text of a piece is not JSON.
class stream_renderer : public event_renderer {
public:
  answer_text render(const prediction_event& event) override {
    using kind = prediction_event::kind;
    if (event.what == kind::output)
      return event.files.empty() ? answer_text{frame("output", piece_text(event.text.text))} : file_frame(event);
    if (event.what == kind::log)
      return {frame("logs", log_text(event.text.text))};
    if (event.what == kind::completed)
      return {end_frames(*event.end)};
    return {};
  }

private:
  std::string head(std::string_view name) {
    auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    return "event: " + std::string{name} + "\nid: " + std::to_string(now.count()) + ":" + std::to_string(number_++) +
      "\n";
  }

  std::string frame(std::string_view name, std::string_view text) {
    auto out = head(name);
    for (size_t from = 0; from != text.npos;) {
      auto end = text.find('\n', from);
      out.append("data: ").append(text.substr(from, end == text.npos ? end : end - from)).append("\n");
      from = end == text.npos ? end : end + 1;
    }
    return out + "\n";
  }

  answer_text file_frame(const prediction_event& event) {
    answer_text pieces{head("output") + "data: "};
    auto file = event.files.front();
    file.bare = true;
    tail_of(pieces) += "data:" + file.mime + ";base64,";
    pieces.emplace_back(std::move(file));
    tail_of(pieces) += "\n\n";
    return pieces;
  }

  /// The inside of a JSON string.
  static std::string log_text(std::string_view text) { return piece_text("\"" + std::string{text} + "\""); }

  std::string end_frames(const prediction_snapshot& end) {
    if (end.status == prediction_status::succeeded)
      return frame("done", "{}");
    if (end.status == prediction_status::canceled)
      return frame("done", R"({"reason":"canceled"})");
    auto frames = frame("error", "{\"detail\":" + quoted(end.error) + "}");
    frames += frame("done", R"({"reason":"error"})");
    return frames;
  }

  uint64_t number_ = 0;
};

class stream_call : public dialect_call, private asker {
public:
  stream_call(const dialect_scene& scene, path_words words) : scene_{scene}, id_{words.front()} {
    // nop
  }

  void handle() override { scene_.server.watch(known_as(scene_.request, id_), {this, &stream_call::take_state}); }
  const std::string& prediction_id() const override { return id_; }

  void on_event(const event_ptr& event) override {
    if (state_)
      scene_.client.send_event(event);
    else
      early_.push_back(event);
  }

  void leave() override { scene_.server.detach(known_as(scene_.request, id_)); }

private:
  void on_error(const caf::error& error) override {
    auto response = render_error(dialect::replicate, error_of(error));
    answer_text body{response.body};
    scene_.client.respond(response, std::move(body));
  }

  static void take_state(asker& to, const snapshot_ptr& state) { static_cast<stream_call&>(to).begin(state); }

  void begin(const snapshot_ptr& state) {
    state_ = state;
    stream_order order;
    order.chunked = scene_.request.version >= 11;
    order.before = event_replay{state, 0};
    order.renderer = std::make_shared<stream_renderer>();
    order.head.content_type = "text/event-stream";
    scene_.client.begin_stream(std::move(order));
    for (auto& event : early_)
      scene_.client.send_event(event);
    early_.clear();
  }

  dialect_scene scene_;
  std::string id_;
  snapshot_ptr state_;
  std::vector<event_ptr> early_;
};

}   // namespace

std::unique_ptr<dialect_call> stream_replicate(const dialect_scene& scene, const dialect_row&, path_words words) {
  return std::make_unique<stream_call>(scene, std::move(words));
}

}   // namespace cog

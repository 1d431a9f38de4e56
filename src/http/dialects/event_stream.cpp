#include "http/dialects/event_stream.hpp"
#include <boost/crc.hpp>

namespace cog {

namespace {

void append_big(std::string& out, uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
}

uint32_t checksum(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string part(std::string_view payload) {
  return event_stream_frame(
    {{":message-type", "event"}, {":event-type", "PayloadPart"}, {":content-type", "application/octet-stream"}},
    payload);
}

std::string failure(const dialect_error& error) {
  return event_stream_frame(
    {{":message-type", "exception"}, {":exception-type", "ModelStreamError"}, {":content-type", "application/json"}},
    "{\"Message\":" + quoted(error.message) + R"(,"ErrorCode":"ModelInvocationTimeExceeded"})");
}

/// The texts of an answer; a file has no place in these frames.
std::string texts_of(const answer_text& pieces) {
  std::string all;
  for (auto& piece : pieces)
    if (auto* text = std::get_if<std::string>(&piece))
      all += *text;
    else if (auto* slice = std::get_if<text_slice>(&piece))
      all += slice->text;
  return all;
}

class framed_answer : public dialect_answer {
public:
  explicit framed_answer(std::shared_ptr<dialect_answer> inner) : inner_{std::move(inner)} {
    // nop
  }

  void set_facts(call_facts facts) override { inner_->set_facts(std::move(facts)); }

  void head(http_response& response) const override {
    http_response inner;
    inner_->head(inner);
    name_type(response, inner.content_type);
  }

  void answer(const result_list& results, http_response& response, answer_text& body) override {
    http_response inner;
    inner_->answer(results, inner, body);
    name_type(response, inner.content_type);
    body = {part(inner.body.empty() ? texts_of(body) : inner.body)};
  }

  answer_text begin() override { return framed(inner_->begin()); }

  answer_text render(const prediction_event& event) override {
    bool ended = event.what == prediction_event::kind::completed;
    if (ended && event.end->status == prediction_status::failed)
      return {failure(error_of(*event.end))};
    return framed(inner_->render(event));
  }

  std::string_view keep_alive() const override { return {}; }

private:
  static answer_text framed(const answer_text& pieces) {
    auto text = texts_of(pieces);
    return text.empty() ? answer_text{} : answer_text{part(text)};
  }

  static void name_type(http_response& response, std::string_view type) {
    response.content_type = "application/vnd.amazon.eventstream";
    response.more_headers.push_back("x-amzn-sagemaker-content-type: " + std::string{type});
  }

  std::shared_ptr<dialect_answer> inner_;
};

}   // namespace

std::string event_stream_frame(const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view payload) {
  constexpr char text_type = 7;
  constexpr size_t around = 16;   // lengths and checksums
  std::string fields;
  for (auto& [name, value] : headers) {
    append_big(fields, name.size(), 1);
    fields += name;
    fields += text_type;
    append_big(fields, value.size(), 2);
    fields += value;
  }
  std::string frame;
  append_big(frame, around + fields.size() + payload.size(), 4);
  append_big(frame, fields.size(), 4);
  append_big(frame, checksum(frame), 4);
  frame.append(fields).append(payload);
  append_big(frame, checksum(frame), 4);
  return frame;
}

std::shared_ptr<dialect_answer> in_event_stream(std::shared_ptr<dialect_answer> answer) {
  return std::make_shared<framed_answer>(std::move(answer));
}

}   // namespace cog

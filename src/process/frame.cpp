#include "process/frame.hpp"
#include "io/byte_order.hpp"
#include "json/json_writer.hpp"

namespace cog {

namespace {

std::string frame_start(frame_kind kind, size_t payload_length) {
  std::string out;
  append_integer(out, static_cast<uint32_t>(payload_length));
  append_integer(out, kind);
  return out;
}

std::string numbered_frame(frame_kind kind, uint64_t number) {
  auto out = frame_start(kind, sizeof(number));
  append_integer(out, number);
  return out;
}

}   // namespace

std::string run_meta(std::string_view context, std::span<const std::string> pointers, std::string_view traceparent,
                     std::string_view tracestate) {
  bool with_context = !context.empty() && context != "{}";
  std::string out;
  if (!with_context && pointers.empty() && traceparent.empty() && tracestate.empty())
    return out;
  json_writer json{out};
  json.open("", '{');
  if (with_context)
    json.raw("context", context);
  if (!pointers.empty()) {
    json.open("files", '[');
    for (auto& pointer : pointers)
      json.text("", pointer);
    json.close(']');
  }
  if (!traceparent.empty())
    json.text("traceparent", traceparent);
  if (!tracestate.empty())
    json.text("tracestate", tracestate);
  json.close('}');
  return out;
}

std::string run_prefix(uint64_t number, std::string_view meta, size_t input_length) {
  auto out = frame_start(frame_kind::run, sizeof(number) + sizeof(uint32_t) + meta.size() + input_length);
  append_integer(out, number);
  append_integer(out, static_cast<uint32_t>(meta.size()));
  out += meta;
  return out;
}

std::string batch_frame(uint32_t count) {
  auto out = frame_start(frame_kind::batch, sizeof(count));
  append_integer(out, count);
  return out;
}

std::string cancel_frame(uint64_t number) {
  return numbered_frame(frame_kind::cancel, number);
}

std::string healthcheck_frame(uint64_t question) {
  return numbered_frame(frame_kind::healthcheck, question);
}

std::string ping_frame(uint64_t question) {
  return numbered_frame(frame_kind::ping, question);
}

std::string end_frame() {
  return frame_start(frame_kind::end, 0);
}

std::string lease_frame(std::string_view json) {
  return frame_start(frame_kind::lease, json.size()).append(json);
}

}   // namespace cog

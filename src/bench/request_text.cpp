#include "bench/request_text.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <charconv>

namespace cog::bench {

namespace {

constexpr size_t digits = 12;   // of a number

/// A body up to this size is sent in one piece with its head.
constexpr size_t short_body = 64 * 1024;

bool is_given(const load_settings& settings, const std::string& name) {
  auto same = [&](auto& header) { return boost::beast::iequals(header.first, name); };
  return std::any_of(settings.headers.begin(), settings.headers.end(), same);
}

std::string head_of(const load_settings& settings, const std::string& host, size_t body_size) {
  auto head = settings.method + " " + settings.path + " HTTP/1.1\r\n";
  auto add = [&](const std::string& name, const std::string& value) {
    if (!is_given(settings, name))
      head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Host", host);
  add("User-Agent", "cog-bench");
  if (settings.kind == traffic::streams)
    add("Accept", "text/event-stream");
  if (settings.kind == traffic::webhooks)
    add("Prefer", "respond-async");
  for (auto& [name, value] : settings.headers)
    head.append(name).append(": ").append(value).append("\r\n");
  if (settings.method != "GET") {
    add("Content-Type", "application/json");
    head += "Content-Length: " + std::to_string(body_size) + "\r\n";
  }
  return head + "\r\n";
}

/// A chat of one message, the member `prompt`; the others are fields of the request.
std::string chat_start(const std::string& inputs) {
  json_error ignored;
  auto given = parse_json(std::string_view{inputs}, ignored);
  std::string prompt = "\"Tell me a story.\"";
  std::string more;
  if (!given)
    given.emplace();
  for (auto& [name, value] : given->members) {
    if (name == "prompt") {
      prompt = value.raw;
      continue;
    }
    more += ',';
    append_json_string(more, name);
    more.append(":").append(value.raw);
  }
  return R"({"model":"any","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":)" +
    prompt + "}]" + more;
}

}   // namespace

request_text::request_text(const load_settings& settings, const std::string& host, const std::string& inputs,
                           const std::string& webhook) {
  std::string body = settings.openai ? chat_start(inputs) : "{";
  size_t number_in_body = 0;
  if (!webhook.empty()) {
    body += "\"webhook\":";
    append_json_string(body, webhook);
    number_in_body = body.size() - 1;
    body.insert(number_in_body, digits, '0');
    body += ",\"webhook_events_filter\":[\"completed\"],";
  }
  if (!settings.openai)
    body += "\"input\":";
  rest_ = settings.openai ? "}" : inputs + "}";
  if (settings.method == "GET") {
    body.clear();
    rest_.clear();
  }
  body_size_ = body.size() + rest_.size();
  start_ = head_of(settings, host, body_size_);
  if (number_in_body > 0)
    number_at_ = start_.size() + number_in_body;
  start_ += body;
  if (rest_.size() <= short_body) {
    start_ += rest_;
    rest_.clear();
  }
}

void request_text::put_number(std::string& start, uint64_t number) const {
  std::array<char, 32> text{};
  auto end = std::to_chars(text.begin(), text.end(), number).ptr;
  auto size = static_cast<size_t>(end - text.data());
  start.replace(number_at_, digits, digits, '0');
  start.replace(number_at_ + digits - size, size, text.data(), size);
}

}   // namespace cog::bench

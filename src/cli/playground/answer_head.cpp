#include "cli/playground/answer_head.hpp"
#include "cli/playground/rules.hpp"
#include "json/json_writer.hpp"
#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <charconv>

namespace cog::playground {

namespace {

constexpr std::string_view line_end = "\r\n";

std::string status_line(unsigned status) {
  auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return "HTTP/1.1 " + std::to_string(status) + " " + std::string{reason.data(), reason.size()} + "\r\n";
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  auto first = text.find_first_not_of(blank);
  return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char letter) { return letter < ' ' && letter != '\t'; });
}

}   // namespace

std::string make_answer(unsigned status, std::string_view content_type, std::string_view body,
                        const std::vector<std::string>& headers, bool keep_alive) {
  auto text = status_line(status);
  if (!content_type.empty())
    (text += "content-type: ").append(content_type) += line_end;
  for (auto& line : headers)
    (text += line) += line_end;
  if (status != 304 && status != 204)
    text += "content-length: " + std::to_string(body.size()) + "\r\n";
  text += keep_alive ? "\r\n" : "connection: close\r\n\r\n";
  return text.append(body);
}

std::string error_body(std::string_view text) {
  std::string body;
  json_writer json{body};
  json.open({}, '{');
  json.text("error", text);
  json.close('}');
  return body;
}

bool answer_head::take(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    *this = {};
    auto code = line.substr(std::min(line.find(' ') + 1, line.size()));
    std::from_chars(code.data(), code.data() + code.size(), status_);
    return false;
  }
  if (trim(line).empty())
    return status_ >= 200;
  take_field(line);
  return false;
}

void answer_head::take_field(std::string_view line) {
  auto colon = line.find(':');
  if (colon == line.npos || line.starts_with(' ') || line.starts_with('\t'))
    return;
  auto name = line.substr(0, colon);
  auto value = trim(line.substr(colon + 1));
  if (!is_text(name) || !is_text(value))
    return;
  if (boost::beast::iequals({name.data(), name.size()}, "content-length"))
    length_ = value;
  else if (passes_to_page(name))
    ((((fields_ += name) += ": ") += value) += line_end);
}

std::string answer_head::text(bool for_head, unsigned version, bool keep_alive) {
  bool bare = status_ == 204 || status_ == 304;
  chunked_ = !for_head && !bare && length_.empty() && version >= 11;
  open_ended_ = !for_head && !bare && length_.empty() && version < 11;
  auto text = status_line(status_) + fields_ + "cache-control: no-store\r\n";
  if (chunked_)
    text += "transfer-encoding: chunked\r\n";
  else if (!length_.empty() && !bare)
    text += "content-length: " + length_ + "\r\n";
  if (open_ended_ || !keep_alive)
    text += "connection: close\r\n";
  else if (version < 11)
    text += "connection: keep-alive\r\n";
  return text += line_end;
}

}   // namespace cog::playground

#include "http/file_answer.hpp"
#include "http/request.hpp"
#include "io/text.hpp"
#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <simdjson.h>

namespace cog {

namespace {

constexpr std::string_view unknown_type = "application/octet-stream";

bool is_same(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

/// A model may say anything; only what is a media type becomes one.
std::string_view type_of(std::string_view mime) {
  static constexpr std::string_view letters = "!#$&-^_.+/; =\"";
  auto fits = [](unsigned char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
      letters.find(static_cast<char>(letter)) != letters.npos;
  };
  auto slash = mime.find('/');
  bool is_type =
    slash != mime.npos && slash > 0 && slash + 1 < mime.size() && std::all_of(mime.begin(), mime.end(), fits);
  return is_type ? mime : unknown_type;
}

/// Nothing in it runs where it is opened.
bool is_inert(std::string_view mime) {
  constexpr std::array families{std::string_view{"image/"}, std::string_view{"audio/"}, std::string_view{"video/"}};
  constexpr std::array types{std::string_view{"text/plain"}, std::string_view{"text/csv"},
                             std::string_view{"text/tab-separated-values"}, std::string_view{"text/markdown"},
                             std::string_view{"application/json"}};
  auto type = mime.substr(0, mime.find(';'));
  type = type.substr(0, type.find_last_not_of(' ') + 1);
  if (is_same(type, "image/svg+xml"))
    return false;
  return std::any_of(families.begin(), families.end(),
                     [&](auto family) { return is_same(type.substr(0, family.size()), family); }) ||
    std::any_of(types.begin(), types.end(), [&](auto one) { return is_same(type, one); });
}

std::string_view take_item(std::string_view& list) {
  auto item = list.substr(0, list.find(','));
  list.remove_prefix(std::min(list.size(), item.size() + 1));
  auto begin = item.find_first_not_of(" \t");
  return begin == item.npos ? std::string_view{} : item.substr(begin, item.find_last_not_of(" \t") + 1 - begin);
}

/// Whether a list of tags, or `*`, has this one, weak or not.
bool has_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    auto item = take_item(list);
    if (item.starts_with("W/"))
      item.remove_prefix(2);
    if (item == "*" || item == tag)
      return true;
  }
  return false;
}

/// A number of digits alone; one that is too large is the largest.
std::optional<uint64_t> read_digits(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos)
    return {};
  uint64_t number = 0;
  auto error = std::from_chars(text.data(), text.data() + text.size(), number).ec;
  return error == std::errc{} ? number : UINT64_MAX;
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// What a browser is told of a file, so that it never becomes a script of this server.
void describe(const output_file& file, http_response& response) {
  response.content_type = type_of(file.mime);
  response.more_headers = {"x-content-type-options: nosniff", "content-security-policy: default-src 'none'; sandbox",
                           "content-disposition: " + content_disposition(name_of(file.path), response.content_type)};
}

}   // namespace

std::optional<file_part> read_range(std::string_view field, uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!is_same(field.substr(0, unit.size()), unit))
    return {};
  field.remove_prefix(unit.size());
  if (field.find(',') != field.npos)
    return {};
  auto spec = take_item(field);
  auto dash = spec.find('-');
  if (dash == spec.npos)
    return {};
  auto first = read_digits(spec.substr(0, dash));
  auto last = read_digits(spec.substr(dash + 1));
  if (!first) {
    if (dash > 0 || !last)
      return {};
    auto bytes = std::min(*last, size);
    return file_part{size - bytes, bytes};
  }
  if (!last && dash + 1 < spec.size())
    return {};
  if (last && *last < *first)
    return {};
  if (*first >= size)
    return file_part{};
  return file_part{*first, std::min(last.value_or(UINT64_MAX), size - 1) - *first + 1};
}

std::string content_disposition(std::string_view name, std::string_view mime) {
  std::string plain;
  bool is_plain = true;
  for (auto letter : name) {
    bool fits = letter >= 0x20 && letter < 0x7f && letter != '"' && letter != '\\' && letter != '%';
    plain += fits ? letter : '_';
    is_plain = is_plain && fits;
  }
  auto text = std::string{is_inert(mime) ? "inline" : "attachment"} + "; filename=\"" + plain + '"';
  return is_plain || !simdjson::validate_utf8(name) ? text : text + "; filename*=UTF-8''" + percent_encoded(name);
}

file_answer make_file_answer(const output_file& file, const std::string& tag, const http_request& request) {
  auto quoted = '"' + tag + '"';
  file_answer answer;
  auto& [response, body] = answer;
  describe(file, response);
  for (auto& line :
       {"etag: " + quoted, std::string{"cache-control: private, no-cache"}, std::string{"accept-ranges: bytes"}})
    response.more_headers.push_back(line);
  if (has_tag(request.if_none_match, quoted)) {
    response.status = 304;
    return answer;
  }
  std::optional<file_part> part;
  if (request.method == "GET" && (request.if_range.empty() || request.if_range == quoted))
    part = read_range(request.range, file.size);
  auto whole = std::to_string(file.size);
  if (part && part->size == 0) {
    response = text_response(416, "The file has " + whole + " bytes");
    response.more_headers.push_back("content-range: bytes */" + whole);
    body.emplace_back(response.body);
    return answer;
  }
  auto wanted = part.value_or(file_part{0, file.size});
  if (part) {
    response.status = 206;
    response.more_headers.push_back("content-range: bytes " + std::to_string(part->offset) + '-' +
                                    std::to_string(part->offset + part->size - 1) + '/' + whole);
  }
  if (wanted.size > 0)
    body.emplace_back(raw_file{file.path, wanted.offset, wanted.size});
  return answer;
}

const output_file* only_file(const prediction_output& output) {
  if (output.files.size() != 1)
    return nullptr;
  auto& at = output.files.front().at;
  bool is_all = at.offset == 0 && at.length == output.json.size();
  bool is_only_item =
    output.form == prediction_output::shape::value && at.offset == 1 && at.length + 2 == output.json.size();
  return is_all || is_only_item ? &output.files.front() : nullptr;
}

file_answer make_raw_answer(const output_file& file, const prediction_snapshot& result) {
  file_answer answer;
  auto& [response, body] = answer;
  describe(file, response);
  response.more_headers.emplace_back("cache-control: no-store");
  response.more_headers.push_back("cog-prediction-id: " + percent_encoded(result.id));
  response.more_headers.push_back("cog-predict-time: " + std::to_string(result.predict_time));
  if (file.size > 0)
    body.emplace_back(raw_file{file.path, 0, file.size});
  return answer;
}

}   // namespace cog

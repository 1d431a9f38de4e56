#include "prediction/part_head.hpp"
#include "prediction/header_value.hpp"
#include "prediction/percent.hpp"
#include <algorithm>
#include <simdjson.h>
#include <utility>

namespace cog {

namespace {

constexpr size_t longest_name = 256;   // bytes

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return letter > ' ' && letter < 0x7f &&
      std::string_view{"()<>@,;:\\\"/[]?={}"}.find(letter) == std::string_view::npos;
  });
}

bool is_control(char letter) {
  return (static_cast<unsigned char>(letter) < 0x20 && letter != '\t') || letter == 0x7f;
}

/// `UTF-8''n%C3%A4me`, which RFC 7578 does not want and some clients send.
std::optional<std::string> extended_value(std::string_view text) {
  auto charset = text.find('\'');
  auto language = charset == text.npos ? charset : text.find('\'', charset + 1);
  std::string decoded;
  if (language == text.npos || !is_same_word(text.substr(0, charset), "utf-8"))
    return {};
  percent_decode(text.substr(language + 1), true, decoded);
  return decoded;
}

const char* read_disposition(std::string_view text, part_head& head) {
  auto value = read_header_value(text);
  if (!value || !is_same_word(value->word, "form-data"))
    return "Content-Disposition is not of the form `form-data; name=\"...\"`";
  auto* name = value->find("name");
  if (name == nullptr)
    return "The part has no name";
  if (name->size() > longest_name)
    return "The name of the part is longer than 256 bytes";
  if (!simdjson::validate_utf8(*name))
    return "The name of the part is no UTF-8";
  head.name = *name;
  if (auto* extended = value->find("filename*"))
    head.file_name = extended_value(*extended);
  if (auto* plain = value->find("filename"); plain != nullptr && !head.file_name)
    head.file_name = *plain;
  return nullptr;
}

const char* read_type(std::string_view text, part_head& head) {
  head.content_type = text;
  return is_same_word(text.substr(0, 10), "multipart/") ? "A part may not be multipart itself" : nullptr;
}

const char* read_encoding(std::string_view text) {
  bool is_plain = is_same_word(text, "7bit") || is_same_word(text, "8bit") || is_same_word(text, "binary");
  return is_plain ? nullptr : "Content-Transfer-Encoding is none of 7bit, 8bit and binary";
}

}   // namespace

bool part_head::is_file() const {
  if (file_name)
    return true;
  std::string_view type{content_type};
  type = type.substr(0, type.find_first_of("; \t"));
  return !type.empty() && !is_same_word(type, "text/plain");
}

head_problem read_part_head(std::string_view lines, part_head& head) {
  bool has_disposition = false;
  bool has_type = false;
  for (size_t at = 0; at < lines.size();) {
    auto end = lines.find("\r\n", at);
    auto line = lines.substr(at, end - at);
    auto colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon)) || std::any_of(line.begin(), line.end(), is_control))
      return {"A line of the part's head is no header field", at};
    auto name = line.substr(0, colon);
    auto from = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
    auto value = line.substr(from, line.find_last_not_of(" \t") + 1 - from);
    const char* problem = nullptr;
    if (is_same_word(name, "content-disposition"))
      problem =
        std::exchange(has_disposition, true) ? "There is a second Content-Disposition" : read_disposition(value, head);
    else if (is_same_word(name, "content-type"))
      problem = std::exchange(has_type, true) ? "There is a second Content-Type" : read_type(value, head);
    else if (is_same_word(name, "content-transfer-encoding"))
      problem = read_encoding(value);
    if (problem != nullptr)
      return {problem, at};
    at = end + 2;
  }
  return has_disposition ? head_problem{} : head_problem{"The part has no Content-Disposition", 0};
}

}   // namespace cog

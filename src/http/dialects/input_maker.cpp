#include "http/dialects/input_maker.hpp"
#include "io/base64.hpp"
#include "io/text.hpp"
#include "json/json_writer.hpp"
#include <array>

namespace cog {

namespace {

bool is_container(const json_value& value) {
  return value.is(json_kind::array) || value.is(json_kind::object);
}

/// Whether a text is to be read as JSON to become a value of this input.
bool is_written(const model_input& input) {
  switch (input.kind) {
    case value_kind::text:
    case value_kind::choice:
    case value_kind::secret:
    case value_kind::file:
      return input.list;
    case value_kind::number:
    case value_kind::integer:
    case value_kind::boolean:
    case value_kind::object:
    case value_kind::other:
      return true;
  }
  return true;
}

std::string list_of(std::string item) {
  return "[" + std::move(item) + "]";
}

}   // namespace

std::string quoted(std::string_view utf8) {
  std::string text;
  append_json_string(text, utf8);
  return text;
}

void input_maker::set_raw(const model_input& input, std::string json) {
  values_[place(input)] = {std::move(json)};
}

void input_maker::set(const model_input& input, const json_value& value) {
  if (value.is(json_kind::null))
    return;
  if (input.kind == value_kind::text && !input.list && is_container(value))
    return set_raw(input, quoted(value.raw));
  std::string raw{value.raw};
  set_raw(input, input.list && !value.is(json_kind::array) ? list_of(std::move(raw)) : std::move(raw));
}

void input_maker::set_text(const model_input& input, std::string_view text) {
  json_error error;
  auto read = is_written(input) ? parse_json(text, error) : std::nullopt;
  if (read && (!input.list || read->is(json_kind::array)))
    return set_raw(input, std::string{text});
  auto plain = quoted(text);
  set_raw(input,
          input.list ? list_of(read && input.kind != value_kind::text ? std::string{text} : std::move(plain))
                     : std::move(plain));
}

bool input_maker::add_file(const model_input& input, std::string_view url) {
  auto& items = values_[place(input)];
  if (!input.list && !items.empty())
    return false;
  items.push_back(quoted(url));
  return true;
}

bool input_maker::set(input_role role, const json_value& value) {
  auto* input = api_.input_of(role);
  if (input)
    set(*input, value);
  return input != nullptr;
}

bool input_maker::set_text(input_role role, std::string_view text) {
  auto* input = api_.input_of(role);
  if (input)
    set_text(*input, text);
  return input != nullptr;
}

std::string input_maker::json() const {
  std::string out;
  json_writer json{out};
  json.open("", '{');
  for (auto& input : api_.inputs) {
    auto& items = values_[place(input)];
    if (items.empty())
      continue;
    if (input.kind == value_kind::file && input.list && !items.front().starts_with('[')) {
      json.open(input.name, '[');
      for (auto& item : items)
        json.raw("", item);
      json.close(']');
    } else {
      json.raw(input.name, items.front());
    }
  }
  json.close('}');
  return out;
}

std::string_view sniffed_type(std::string_view bytes) {
  struct magic {
    size_t at;
    std::string_view bytes;
    std::string_view type;
  };
  using namespace std::literals;
  static constexpr std::array known{
    magic{0, "\x89PNG"sv, "image/png"},
    magic{0, "\xff\xd8\xff"sv, "image/jpeg"},
    magic{0, "GIF8"sv, "image/gif"},
    magic{8, "WEBP"sv, "image/webp"},
    magic{8, "WAVE"sv, "audio/wav"},
    magic{0, "OggS"sv, "audio/ogg"},
    magic{0, "fLaC"sv, "audio/flac"},
    magic{0, "ID3"sv, "audio/mpeg"},
    magic{0, "\xff\xfb"sv, "audio/mpeg"},
    magic{4, "ftypM4A"sv, "audio/mp4"},
    magic{4, "ftyp"sv, "video/mp4"},
    magic{0, "%PDF"sv, "application/pdf"},
    magic{0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
  };
  for (auto& one : known)
    if (bytes.size() > one.at && bytes.substr(one.at).starts_with(one.bytes))
      return one.type;
  return {};
}

std::string data_url(std::string_view bytes, std::string_view type, std::string_view name) {
  if (type.empty() || type.starts_with("application/octet-stream"))
    type = sniffed_type(bytes);
  std::string url{"data:"};
  url.reserve(bytes.size() / 3 * 4 + 128);
  url += type.empty() ? "application/octet-stream" : type.substr(0, type.find(';'));
  if (!name.empty())
    url.append(";name=").append(percent_encoded(name));
  url += ";base64,";
  append_base64(url, bytes);
  return url;
}

}   // namespace cog

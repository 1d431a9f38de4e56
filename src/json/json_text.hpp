#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cog {

enum class json_kind : uint8_t { null, boolean, number, string, array, object };

/// The text of one JSON value where it stands, found valid before.
struct json_token {
  json_kind kind = json_kind::null;
  bool escaped = false;   // a string with a backslash in it
  std::string_view raw;   // quotes, brackets and braces included
};

/// Appends `utf8` as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view utf8);

/// Are all escapes in the text between two quotes sound, surrogates paired?
bool valid_escapes(std::string_view inner);

/// Appends the text between two quotes with its escapes resolved; they must be valid.
void append_unescaped(std::string& out, std::string_view inner);

/// The content of a string token; `scratch` holds it when it has escapes.
std::string_view string_content(const json_token& token, std::string& scratch);

/// Shortest decimal that round-trips; whole numbers keep `.0`, exponents look like `1e+16` and `1e-7`. Finite only.
void append_float(std::string& out, double value);

/// A number as its value says: exact for integers of 64 bits, else by `append_float`. The text must be a JSON number.
void append_number(std::string& out, std::string_view raw);

/// The value of a JSON number. Integers of 64 bits are exact, also in comparisons with floats; infinite on overflow.
long double number_value(std::string_view raw);

}   // namespace cog

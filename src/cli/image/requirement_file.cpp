#include "cli/image/requirement_file.hpp"
#include "cli/config/words.hpp"
#include "cli/console.hpp"
#include "cli/image/text_file.hpp"
#include <boost/locale/encoding_utf.hpp>
#include <filesystem>

namespace cog {

namespace {

constexpr std::string_view blanks = " \t\v\f";

std::string from_utf16(std::string_view bytes, bool big_endian) {
  std::u16string units;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    auto first = static_cast<unsigned char>(bytes[i]);
    auto second = static_cast<unsigned char>(bytes[i + 1]);
    units += static_cast<char16_t>(big_endian ? first << 8 | second : second << 8 | first);
  }
  return boost::locale::conv::utf_to_utf<char>(units);
}

/// As UTF-8, without a byte order mark.
std::string decoded(const std::string& path) {
  auto bytes = read_text(path);
  auto starts = [&](std::string_view mark) { return bytes.starts_with(mark); };
  if (starts("\xff\xfe") || starts("\xfe\xff"))
    bytes = from_utf16(std::string_view{bytes}.substr(2), starts("\xfe\xff"));
  else if (starts("\xef\xbb\xbf"))
    bytes = bytes.substr(3);
  if (bytes.find('\0') != std::string::npos)
    throw command_error{path + " is no text in UTF-8: save it as UTF-8"};
  return bytes;
}

bool is_comment(std::string_view line) {
  auto first = line.find_first_not_of(blanks);
  return first != std::string_view::npos && line[first] == '#';
}

/// A `#` within a word belongs to it, as in the fragment of a URL.
std::string without_comment(const std::string& line) {
  for (auto at = line.find('#'); at != std::string::npos; at = line.find('#', at + 1))
    if (at == 0 || blanks.find(line[at - 1]) != std::string_view::npos)
      return trimmed(line.substr(0, at));
  return trimmed(line);
}

}   // namespace

std::vector<numbered_line> read_requirement_lines(const std::string& path) {
  std::vector<numbered_line> lines;
  std::string joined_line;
  size_t number = 0;
  auto finish = [&] {
    if (auto text = without_comment(joined_line); !text.empty())
      lines.push_back({number, text});
    joined_line.clear();
  };
  for (auto& part : split(decoded(path), "\n")) {
    ++number;
    if (part.ends_with('\r'))
      part.pop_back();
    auto comment = is_comment(part);
    if (!comment && part.ends_with('\\')) {
      part.pop_back();
      joined_line += part;
      continue;
    }
    // A comment ends what backslashes join, and is none of it.
    joined_line += comment ? " " + part : part;
    finish();
  }
  finish();
  return lines;
}

}   // namespace cog

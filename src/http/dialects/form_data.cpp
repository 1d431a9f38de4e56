#include "http/dialects/form_data.hpp"
#include <algorithm>
#include <cctype>

namespace cog {

namespace {

constexpr std::string_view line_end = "\r\n";

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char l, unsigned char r) { return std::tolower(l) == std::tolower(r); });
}

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  return begin == text.npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The parameter of a field's value, such as `name` in `form-data; name="file"`; quotes and their escapes taken away.
std::optional<std::string> parameter(std::string_view value, std::string_view wanted) {
  for (auto at = value.find(';'); at < value.size();) {
    auto equals = value.find('=', at);
    if (equals == value.npos)
      return {};
    auto name = trimmed(value.substr(at + 1, equals - at - 1));
    std::string content;
    auto from = value.find_first_not_of(" \t", equals + 1);
    if (from != value.npos && value[from] == '"') {
      for (at = from + 1; at < value.size() && value[at] != '"'; ++at) {
        if (value[at] == '\\' && at + 1 < value.size())
          ++at;
        content += value[at];
      }
      at = value.find(';', at);
    } else {
      at = value.find(';', equals);
      content = trimmed(value.substr(equals + 1, at == value.npos ? at : at - equals - 1));
    }
    if (same_word(name, wanted))
      return content;
  }
  return {};
}

/// False: it has no name.
bool read_header(std::string_view header, form_part& part) {
  bool named = false;
  while (!header.empty()) {
    auto line = header.substr(0, header.find(line_end));
    header.remove_prefix(std::min(header.size(), line.size() + line_end.size()));
    auto colon = line.find(':');
    if (colon == line.npos)
      continue;
    auto field = line.substr(0, colon);
    auto value = trimmed(line.substr(colon + 1));
    if (same_word(field, "content-type"))
      part.type = value;
    if (!same_word(field, "content-disposition"))
      continue;
    auto name = parameter(value, "name");
    named = name.has_value();
    part.name = name.value_or("");
    if (part.name.ends_with("[]"))
      part.name.resize(part.name.size() - 2);
    auto file = parameter(value, "filename");
    part.is_file = file.has_value();
    part.file_name = file.value_or("");
  }
  return named;
}

}   // namespace

std::optional<std::vector<form_part>> read_form(std::string_view content_type, std::string_view body,
                                                std::string& problem) {
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) {
    problem = "the Content-Type of a form needs a boundary";
    return {};
  }
  auto limit = std::string{line_end} + "--" + *boundary;
  std::vector<form_part> parts;
  std::string_view rest = body;
  auto first = std::string_view{limit}.substr(line_end.size());
  if (rest.starts_with(first))
    rest.remove_prefix(first.size());
  else if (auto at = rest.find(limit); at != rest.npos)
    rest.remove_prefix(at + limit.size());
  else
    rest = {};
  while (rest.starts_with(line_end)) {
    rest.remove_prefix(line_end.size());
    form_part part;
    auto header_end = rest.find("\r\n\r\n");
    auto end = header_end == rest.npos ? rest.npos : rest.find(limit, header_end + line_end.size());
    if (end == rest.npos || !read_header(rest.substr(0, header_end), part))
      break;
    auto begin = std::min(header_end + 2 * line_end.size(), end);
    part.body = rest.substr(begin, end - begin);
    parts.push_back(std::move(part));
    rest.remove_prefix(end + limit.size());
  }
  if (rest.starts_with("--"))
    return parts;
  problem = "the form has no sound end, or a part without a name";
  return {};
}

}   // namespace cog

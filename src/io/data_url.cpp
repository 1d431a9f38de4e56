#include "io/data_url.hpp"
#include "io/file_name.hpp"
#include "io/file_sink.hpp"
#include "io/folder.hpp"
#include "io/text.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr size_t header_slice = 1024;   // bytes looked at to find the comma
constexpr size_t slice = 256 * 1024;    // bytes decoded at a time

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\f\v";
  auto first = std::min(text.find_first_not_of(blank), text.size());
  return text.substr(first, text.find_last_not_of(blank) + 1 - first);
}

/// The value of a parameter in `;key=value;key=value`; empty without it.
std::string parameter_of(std::string_view parameters, std::string_view key) {
  while (!parameters.empty()) {
    parameters.remove_prefix(1);
    auto parameter = parameters.substr(0, parameters.find(';'));
    parameters.remove_prefix(parameter.size());
    auto equals = std::min(parameter.find('='), parameter.size());
    std::string name{trim(parameter.substr(0, equals))};
    std::transform(name.begin(), name.end(), name.begin(), lower);
    if (name == key && equals < parameter.size())
      return std::string{trim(parameter.substr(equals + 1))};
  }
  return {};
}

/// Whether it is what it stands for: neither JSON nor percent-encoding has escaped anything in it.
bool is_plain(std::string_view piece) {
  return piece.find('\\') == piece.npos && piece.find('%') == piece.npos;
}

}   // namespace

data_url_decoder::data_url_decoder(std::string_view token) : rest_{token.substr(1, token.size() - 2)} {
  auto comma = text_.npos;
  while (comma == text_.npos && !rest_.empty()) {
    auto searched = text_.size();
    read(header_slice);
    comma = text_.find(',', searched);
  }
  if (comma == text_.npos) {
    text_.clear();
    problem_ = "it has no comma before its content";
    return;
  }
  parse_header(text_.substr(0, comma));
  text_.erase(0, comma + 1);
}

void data_url_decoder::parse_header(std::string header) {
  constexpr std::string_view mark = ";base64";
  std::string_view type = header;
  type.remove_prefix(std::min(type.find(':') + 1, type.size()));
  base64_ = type.ends_with(mark);
  if (base64_)
    type.remove_suffix(mark.size());
  auto parameters = type.substr(std::min(type.find(';'), type.size()));
  name_ = parameter_of(parameters, "name");
  type = trim(type.substr(0, type.size() - parameters.size()));
  media_type_ = std::count(type.begin(), type.end(), '/') == 1 ? std::string{type} : "text/plain";
  std::transform(media_type_.begin(), media_type_.end(), media_type_.begin(), lower);
}

void data_url_decoder::read(size_t length) {
  rest_.remove_prefix(unescape_part(rest_.substr(0, length), text_));
}

void data_url_decoder::decode_escaped(std::string& bytes) {
  read(slice);
  plain_.clear();
  text_.erase(0, percent_decode(text_, rest_.empty(), plain_));
  if (base64_)
    decoder_.append(plain_, bytes);
  else
    bytes.swap(plain_);
}

bool data_url_decoder::next(std::string& bytes) {
  bytes.clear();
  while (bytes.empty() && problem_.empty() && (!rest_.empty() || !text_.empty())) {
    if (auto piece = rest_.substr(0, slice); base64_ && text_.empty() && is_plain(piece)) {
      decoder_.append(piece, bytes);
      rest_.remove_prefix(piece.size());
    } else {
      decode_escaped(bytes);
    }
    if (rest_.empty() && base64_)
      problem_ = decoder_.finish();
  }
  return problem_.empty() && !bytes.empty();
}

std::string data_url_problem(std::string_view token) {
  data_url_decoder decoder{token};
  for (std::string bytes; decoder.next(bytes);)
    continue;
  return decoder.problem();
}

decoded_file store_data_url(std::string_view token, const folder& target, uint64_t index) {
  data_url_decoder decoder{token};
  if (!decoder.problem().empty())
    return {{}, decoder.problem(), true};
  std::string problem;
  auto path = make_place(target, index, file_name_of_data(decoder.name(), decoder.media_type()), problem);
  if (!problem.empty())
    return {{}, problem};
  file_sink sink;
  if (!sink.open(path))
    return {{}, sink.problem()};
  for (std::string bytes; decoder.next(bytes);)
    if (!sink.write(bytes))
      return {{}, sink.problem()};
  if (!decoder.problem().empty())
    return {{}, decoder.problem(), true};
  return {path, {}};
}

}   // namespace cog

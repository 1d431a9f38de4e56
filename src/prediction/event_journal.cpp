#include "prediction/event_journal.hpp"
#include <string>

namespace cog {

namespace {

// An entry is a number of 7 bits a byte, the lowest first: `bytes` << 3 | kind. A metric's `bytes` follow it: the mode,
// the length of its name as such a number, name, value.

constexpr unsigned kind_bits = 3;

void append_number(std::string& out, uint64_t number) {
  for (; number >= 0x80; number >>= 7)
    out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

uint64_t take_number(std::string_view& text) {
  uint64_t number = 0;
  for (unsigned shift = 0; !text.empty() && shift < 64; shift += 7) {
    auto byte = static_cast<uint8_t>(text.front());
    text.remove_prefix(1);
    number |= uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80)
      break;
  }
  return number;
}

uint64_t head_of(event_journal::entry_kind kind, uint64_t bytes) {
  return bytes << kind_bits | static_cast<uint64_t>(kind);
}

}   // namespace

bool event_journal::add(entry_kind kind, uint64_t bytes) {
  std::string entry;
  append_number(entry, head_of(kind, bytes));
  auto added = buffer_.append(entry);
  text_.append(added);
  return added.holder != nullptr;
}

text_slice event_journal::add_metric(uint8_t mode, std::string_view name, std::string_view value) {
  std::string body{static_cast<char>(mode)};
  append_number(body, name.size());
  body += name;
  std::string entry;
  append_number(entry, head_of(entry_kind::metric, body.size() + value.size()));
  entry += body;
  entry += value;
  auto added = buffer_.append(entry);
  text_.append(added);
  return {added.holder, added.text.substr(added.text.size() - (added.holder ? value.size() : 0))};
}

std::optional<event_journal::entry> event_journal::take(text_reader& text) {
  if (text.empty())
    return {};
  auto rest = text.ahead();
  auto before = rest.size();
  auto head = take_number(rest);
  text.take(before - rest.size());
  entry result;
  result.kind = static_cast<entry_kind>(head & ((1U << kind_bits) - 1));
  result.bytes = head >> kind_bits;
  if (result.kind != entry_kind::metric)
    return result;
  auto body = text.take(result.bytes);
  rest = body.text;
  if (rest.empty())
    return result;
  result.mode = static_cast<uint8_t>(rest.front());
  rest.remove_prefix(1);
  auto length = take_number(rest);
  result.name = rest.substr(0, length);
  result.value = {body.holder, rest.substr(result.name.size())};
  return result;
}

}   // namespace cog

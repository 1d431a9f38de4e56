#include "access/api_key.hpp"
#include <algorithm>
#include <charconv>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdexcept>

namespace cog {

namespace {

constexpr std::string_view digest_prefix = "sha256:";
constexpr size_t longest_name = 64;

bool is_name(std::string_view text) {
  auto good = [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
      letter == '.' || letter == '_' || letter == '-';
  };
  return !text.empty() && text.size() <= longest_name && std::all_of(text.begin(), text.end(), good);
}

/// All of the text, at least 1; 0: it is none.
uint64_t read_count(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

bool read_digest(std::string_view text, key_digest& digest) {
  if (!text.starts_with(digest_prefix))
    return false;
  text.remove_prefix(digest_prefix.size());
  if (text.size() != 2 * digest.size())
    return false;
  for (size_t i = 0; i < digest.size(); ++i) {
    auto* begin = text.data() + 2 * i;
    auto [end, error] = std::from_chars(begin, begin + 2, digest.at(i), 16);
    if (error != std::errc{} || end != begin + 2)
      return false;
  }
  return true;
}

bool read_scopes(std::string_view text, uint8_t& scopes) {
  scopes = 0;
  while (true) {
    auto word = text.substr(0, text.find(','));
    auto known = {scope_read, scope_predict, scope_admin};
    auto found = std::find_if(known.begin(), known.end(), [&](auto one) { return to_string(one) == word; });
    if (found == known.end())
      return false;
    scopes |= *found;
    if (word.size() == text.size())
      return true;
    text.remove_prefix(word.size() + 1);
  }
}

bool read_rate(std::string_view text, key_rate& rate) {
  auto slash = text.find('/');
  rate.count = read_count(text.substr(0, slash));
  auto unit = slash == text.npos ? std::string_view{} : text.substr(slash + 1);
  if (unit == "s")
    rate.period = std::chrono::seconds{1};
  else if (unit == "m")
    rate.period = std::chrono::minutes{1};
  else if (unit == "h")
    rate.period = std::chrono::hours{1};
  else
    return false;
  return rate.count > 0;
}

/// The beginning of a day of the calendar, in UTC.
bool read_day(std::string_view text, std::optional<std::chrono::system_clock::time_point>& moment) {
  constexpr std::string_view form = "0000-00-00";
  if (text.size() != form.size() || text[4] != '-' || text[7] != '-')
    return false;
  std::chrono::year_month_day day{std::chrono::year{static_cast<int>(read_count(text.substr(0, 4)))},
                                  std::chrono::month{static_cast<unsigned>(read_count(text.substr(5, 2)))},
                                  std::chrono::day{static_cast<unsigned>(read_count(text.substr(8, 2)))}};
  moment = std::chrono::sys_days{day};
  return day.ok();
}

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  auto word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

/// Returns what is wrong with it.
const char* read_option(std::string_view word, api_key& key) {
  auto equals = std::min(word.find('='), word.size());
  auto name = word.substr(0, equals);
  auto value = word.substr(std::min(equals + 1, word.size()));
  if (name == "scope")
    return read_scopes(value, key.scopes) ? nullptr : "scope= is read, predict, admin or some of them, with commas";
  if (name == "rate")
    return read_rate(value, key.rate) ? nullptr : "rate= is a number and /s, /m or /h";
  if (name == "burst")
    return (key.rate.burst = read_count(value)) > 0 ? nullptr : "burst= is a number of at least 1";
  if (name == "concurrent")
    return (key.concurrent = read_count(value)) > 0 ? nullptr : "concurrent= is a number of at least 1";
  if (name == "expires")
    return read_day(value, key.expires) ? nullptr : "expires= is a day such as 2027-01-31";
  return "behind the digest there may be scope=, rate=, burst=, concurrent= and expires=";
}

/// Likewise.
const char* read_line(std::string_view line, api_key& key) {
  key.name = next_word(line);
  if (!is_name(key.name))
    return "the name has letters, digits and . _ - only, 64 at most";
  if (!read_digest(next_word(line), key.digest))
    return "behind the name there must be sha256: and 64 hexadecimal digits";
  for (auto word = next_word(line); !word.empty(); word = next_word(line))
    if (auto* problem = read_option(word, key))
      return problem;
  if (key.rate.burst > 0 && key.rate.count == 0)
    return "burst= needs rate=";
  if (key.rate.burst == 0)
    key.rate.burst = key.rate.count;
  return nullptr;
}

}   // namespace

key_digest digest_of(std::string_view key) {
  key_digest digest{};
  if (EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error{"SHA-256 is not to be had"};
  return digest;
}

std::optional<std::vector<api_key>> read_api_keys(std::string_view text, std::string& problem) {
  std::vector<api_key> keys;
  for (size_t number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    auto first = line.find_first_not_of(" \t");
    if (first == line.npos || line[first] == '#')
      continue;
    api_key key;
    auto* wrong = read_line(line, key);
    if (wrong == nullptr &&
        std::any_of(keys.begin(), keys.end(), [&](auto& other) { return other.digest == key.digest; }))
      wrong = "another line has the same key";
    if (wrong != nullptr) {
      problem = "line " + std::to_string(number) + ": " + wrong;
      return {};
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) {
    problem = "there is no key in it";
    return {};
  }
  return keys;
}

std::string make_api_key() {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 32> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw std::runtime_error{"no random bytes are to be had"};
  std::string key = "cogk_";
  uint32_t bits = 0;
  unsigned count = 0;
  for (auto byte : random) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6)
      key += letters[bits >> (count - 6) & 63];
  }
  key += letters[bits << (6 - count) & 63];
  return key;
}

std::string api_key_line(std::string_view name, std::string_view key, std::string_view options) {
  std::string line{name};
  line += ' ';
  line += digest_prefix;
  for (auto byte : digest_of(key)) {
    line += "0123456789abcdef"[byte >> 4];
    line += "0123456789abcdef"[byte & 15];
  }
  if (!options.empty())
    line += ' ';
  return line.append(options);
}

std::string_view to_string(key_scope scope) {
  switch (scope) {
    case scope_read:
      return "read";
    case scope_predict:
      return "predict";
    case scope_admin:
      return "admin";
  }
  return {};
}

}   // namespace cog

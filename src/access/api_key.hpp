#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// API keys, as their lines say.

namespace cog {

using key_digest = std::array<unsigned char, 32>;   // SHA-256 of the key

/// What a key may be used for: bits of a set, each by itself.
enum key_scope : uint8_t {
  scope_read = 1,      // what the server tells of itself, and results
  scope_predict = 2,   // making, cancelling and following predictions
  scope_admin = 4,     // the predictions of other keys, and the stop of the server
};

/// How often something may happen: `count` times at once, and `count` in each period.
struct key_rate {
  uint64_t count = 0;   // 0: no limit
  std::chrono::seconds period{60};
  uint64_t burst = 0;   // at once; `count` unless the line says another number
};

struct api_key {
  std::string name;   // letters, digits and `.`, `_`, `-`
  key_digest digest{};
  uint8_t scopes = scope_read | scope_predict;   // of `key_scope`
  key_rate rate;                                 // of new predictions
  uint64_t concurrent = 0;                       // predictions in flight; 0: no limit
  std::optional<std::chrono::system_clock::time_point> expires;

  bool may(key_scope what) const { return (scopes & what) != 0; }
};

/// Throws std::runtime_error where SHA-256 is not to be had.
key_digest digest_of(std::string_view key);

/// Reads lines of `NAME sha256:<64 hex> [scope=predict,read] [rate=60/m] [burst=10] [concurrent=4] [expires=2027-01-01]`,
/// empty ones and those that begin with `#` left out. nullopt: one is wrong, or there is none; `problem` tells its number
/// and why, without any of its text. Two lines may have one name, while a key is exchanged.
std::optional<std::vector<api_key>> read_api_keys(std::string_view text, std::string& problem);

/// A new key, 32 random bytes: `cogk_` and 43 letters of base64url.
std::string make_api_key();

/// Its line, with what stands behind the digest.
std::string api_key_line(std::string_view name, std::string_view key, std::string_view options);

/// The words of a scope, as lines have them.
std::string_view to_string(key_scope scope);

}   // namespace cog

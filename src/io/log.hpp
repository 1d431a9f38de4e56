#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cog {

enum class log_level : uint8_t { debug, info, warn, error };

/// Where a record comes from: what stands as its target, and what the directives of RUST_LOG name.
enum class log_target : uint8_t {
  server,       // coglet
  http,         // coglet::http, the requests
  prediction,   // coglet::prediction
  setup,        // coglet::setup, what the model prints while it sets up
  user,         // coglet::user, what it prints outside predictions
};

std::string_view to_string(log_target target);

/// A value that goes with a message under a name of its own.
struct log_field {
  std::string_view name;
  std::variant<std::string_view, uint64_t, double> value;
};

struct log_options {
  std::string format;                      // `console`: plain text; else JSON
  std::string level;                       // debug, info, warn, warning, error; anything else counts as info
  std::optional<std::string> directives;   // `LEVEL` and `TARGET=LEVEL`, with commas between; then `level` has no say
};

/// Sends the log to standard error, one line a record, which a thread of its own writes. Returns what was wrong with the options, in words.
/// Records of spdlog's own functions have the target `server`.
std::vector<std::string> start_log(const log_options& options);

/// Waits until all that was logged is written, a second at most. The last thing before the end of the process.
void finish_log();

/// Whether such a record would be written; cheap.
bool is_logged(log_target target, log_level level);

void write_log(log_target target, log_level level, std::string_view message, std::span<const log_field> fields);
void write_log(log_target target, log_level level, std::string_view message,
               std::initializer_list<log_field> fields = {});

}   // namespace cog

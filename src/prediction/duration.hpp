#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cog {

/// A length of time as people write it: `90`, `90s`, `5m`, `1h30m`, `1.5s`, `500ms`. A number alone is seconds; else hours,
/// minutes, seconds and milliseconds in this order, each at most once. Nullopt when it is none of these, or not positive.
/// What is longer than ten years becomes ten years.
std::optional<std::chrono::nanoseconds> read_duration(std::string_view text);

/// `500 ms`, `1.5 s`, `5400 s`: to the millisecond.
std::string duration_text(std::chrono::duration<double> length);

}   // namespace cog

#pragma once
#include <chrono>
#include <string>

namespace cog {

/// RFC 3339 in UTC with nanoseconds: `2026-03-01T09:30:00.123456789+00:00`.
std::string to_rfc3339(std::chrono::system_clock::time_point moment);

}   // namespace cog

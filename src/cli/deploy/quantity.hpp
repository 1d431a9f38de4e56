#pragma once
#include <cstdint>
#include <string>

namespace cog {

/// `25s`, `30m`, `1h30m`, or a number of seconds. Throws usage_error that names the flag.
uint64_t read_seconds(const std::string& flag, const std::string& text);

/// Bytes of `2Gi`, `500M`, `1024`, as Kubernetes counts them. Throws usage_error that names the flag.
uint64_t read_bytes(const std::string& flag, const std::string& text);

/// `1`, `0.5` or `500m`. Throws usage_error that names the flag.
void check_cpu(const std::string& flag, const std::string& text);

struct span {
  uint64_t least = 0;
  uint64_t most = 0;
};

/// `MIN:MAX`. Throws usage_error that names the flag.
span read_span(const std::string& flag, const std::string& text);

}   // namespace cog

#pragma once
#include <cstdint>

namespace cog {

/// Takes as many descriptors as we may. `hard` is what we have then; `soft` was set before, and workers get it back.
struct file_limit {
  uint64_t soft = 0;
  uint64_t hard = 0;
};
file_limit raise_file_limit();

/// How many connections there may be, at most `wanted`, with `limit` descriptors and `workers` processes to be kept
/// running: a part stays free for new workers, downloads, uploads, files in answers and whoever asks how we are.
uint64_t connections_within(uint64_t limit, uint64_t workers, uint64_t wanted);

}   // namespace cog

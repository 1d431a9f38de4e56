#pragma once
#include <cstdint>
#include <string>

namespace cog::bench {

/// Where the load came from.
struct machine {
  std::string processor, kernel;
  unsigned cores = 0;   // that this process may use
  uint64_t memory_bytes = 0;
};

machine this_machine();

}   // namespace cog::bench

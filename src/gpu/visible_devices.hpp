#pragma once
#include "gpu/device.hpp"
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// The devices that CUDA would show a process, in its order.
struct visible_devices {
  std::vector<gpu_device> devices;
  bool by_uuid = false;   // CUDA_VISIBLE_DEVICES names UUIDs
  std::string warning;    // what is odd about the variable, and what was made of it; empty: nothing
};

/// Reads CUDA_VISIBLE_DEVICES as CUDA does: indices, or UUIDs of GPUs or of MIG instances, which may be cut short while
/// they are unique; the first entry that names no device ends the list (so "", "-1" and "NoDevFiles" hide all); an entry
/// given twice hides all. nullopt: not set, all are visible. The index of a GPU that is cut into MIG instances stands
/// for all of these.
visible_devices find_visible(const std::vector<gpu_device>& all, const std::optional<std::string>& variable);

}   // namespace cog

#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace cog {

/// A device that a process can own: a GPU, or one MIG instance of a GPU that is cut into such.
struct gpu_device {
  uint64_t index = 0;   // as nvidia-smi counts GPUs (CUDA_DEVICE_ORDER=PCI_BUS_ID); of an instance: that of its GPU
  std::string uuid;     // "GPU-..." or "MIG-..."
  std::string name;
  uint64_t memory = 0;              // bytes; 0: not known
  std::string compute_capability;   // "9.0"; empty: not known
  std::string parent;               // of an instance: the UUID of its GPU
  uint64_t gpu_instance = 0;        // of an instance: its ids in that GPU
  uint64_t compute_instance = 0;

  bool is_instance() const { return !parent.empty(); }
  bool operator==(const gpu_device&) const = default;
};

/// `GPU 3 (GPU-...)` or `MIG instance MIG-... of GPU 3`, for logs and errors.
std::string describe(const gpu_device& device);

/// What the driver says is there.
struct gpu_inventory {
  std::string driver;   // its version; empty when there is none
  std::string cuda;     // the newest CUDA version it can run, "12.4"; empty: not known
  std::vector<gpu_device> devices;
};

}   // namespace cog

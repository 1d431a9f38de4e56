#pragma once
#include "gpu/device.hpp"
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cog {

struct nvml_functions;

/// How a device is now.
struct device_reading {
  bool lost = false;     // it has fallen off the bus, or needs a reset: nothing but a restart of the machine helps
  std::string problem;   // of a lost device: what NVML says
  std::optional<uint64_t> memory_used;    // bytes
  std::optional<uint64_t> memory_total;   // bytes
  std::optional<unsigned> utilization;    // percent of the last second or so in which a kernel ran
};

/// NVIDIA's management library, loaded at run time: there may be none. Calls may block for a while.
class nvml {
public:
  /// `library` is looked for as programs look for theirs. Null when there is no driver, or it does not work; `problem` says in the latter case what is wrong and what helps.
  static std::unique_ptr<nvml> open(std::string& problem, const char* library);

  ~nvml();

  /// All GPUs; a GPU in MIG mode is replaced by its instances. GPUs that cannot be asked are left out; `problem` names
  /// them.
  gpu_inventory inventory(std::string& problem);

  /// A device of the inventory.
  device_reading read(const gpu_device& device) const;

private:
  explicit nvml(std::unique_ptr<nvml_functions> functions);

  std::string text_of(int code) const;
  void add_gpu(gpu_inventory& inventory, unsigned index, std::string& problem);
  bool add_instances(gpu_inventory& inventory, void* handle, const gpu_device& gpu);

  std::unique_ptr<nvml_functions> functions_;
  std::map<std::string, void*> handles_;   // by UUID
};

}   // namespace cog

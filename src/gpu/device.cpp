#include "gpu/device.hpp"

namespace cog {

std::string describe(const gpu_device& device) {
  auto index = std::to_string(device.index);
  if (device.is_instance())
    return "MIG instance " + device.uuid + " of GPU " + index;
  return "GPU " + index + " (" + device.uuid + ")";
}

}   // namespace cog

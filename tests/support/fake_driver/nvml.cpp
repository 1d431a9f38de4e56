#include "state.hpp"
#include <cstdio>
#include <cstring>
#include <deque>

// Stands for libnvidia-ml.so.1. FAKE_OLD_DRIVER: one from before MIG and the `_v2` names.

namespace {

constexpr int success = 0, not_supported = 3, not_found = 6, gpu_is_lost = 15;
constexpr unsigned most_instances = 7;

using handle = const std::string*;   // the UUID

handle handle_of(const std::string& uuid) {
  static std::deque<std::string> known;
  for (auto& entry : known)
    if (entry == uuid)
      return &entry;
  known.push_back(uuid);
  return &known.back();
}

int checked(const fake::state& state, const char* function, handle device) {
  auto* gpu = state.find_gpu(*device);
  if (auto code = state.failing(function, *device))
    return code;
  return gpu == nullptr || gpu->lost ? gpu_is_lost : success;
}

int put(const std::string& text, char* buffer, unsigned size) {
  std::snprintf(buffer, size, "%s", text.c_str());
  return success;
}

struct memory_info {
  unsigned long long total, free, used;
};

struct utilization_rates {
  unsigned gpu, memory;
};

constexpr unsigned long long mib = 1024 * 1024;

}   // namespace

extern "C" {

#ifdef FAKE_OLD_DRIVER
#define NAMED(name, old_name) old_name
#else
#define NAMED(name, old_name) name
#endif

int NAMED(nvmlInit_v2, nvmlInit)() {
  return fake::read().failing("nvmlInit");
}

int nvmlShutdown() {
  return success;
}

const char* nvmlErrorString(int code) {
  switch (code) {
    case success:
      return "The operation was successful";
    case gpu_is_lost:
      return "GPU is lost";
    case 9:
      return "NVIDIA driver is not loaded";
    case 18:
      return "RM has detected an NVML/RM version mismatch.";
    default:
      return "Unknown Error";
  }
}

int nvmlSystemGetDriverVersion(char* buffer, unsigned size) {
  return put(fake::read().driver, buffer, size);
}

int NAMED(nvmlDeviceGetCount_v2, nvmlDeviceGetCount)(unsigned* count) {
  *count = static_cast<unsigned>(fake::read().gpus.size());
  return success;
}

int NAMED(nvmlDeviceGetHandleByIndex_v2, nvmlDeviceGetHandleByIndex)(unsigned index, handle* device) {
  auto state = fake::read();
  if (index >= state.gpus.size())
    return not_found;
  *device = handle_of(state.gpus[index].uuid);
  return checked(state, "nvmlDeviceGetHandleByIndex", *device);
}

int nvmlDeviceGetUUID(handle device, char* buffer, unsigned size) {
  return put(*device, buffer, size);
}

int nvmlDeviceGetName(handle device, char* buffer, unsigned size) {
  return put(fake::read().find_gpu(*device)->name, buffer, size);
}

int nvmlDeviceGetMemoryInfo(handle device, memory_info* memory) {
  auto state = fake::read();
  if (auto code = checked(state, "nvmlDeviceGetMemoryInfo", device))
    return code;
  auto* gpu = state.find_gpu(*device);
  auto* instance = state.find_instance(*device);
  memory->total = (instance != nullptr ? instance->total : gpu->total) * mib;
  memory->used = gpu->used * mib;
  memory->free = memory->total - memory->used;
  return success;
}

#ifndef FAKE_OLD_DRIVER

int nvmlSystemGetCudaDriverVersion_v2(int* version) {
  *version = fake::read().cuda;
  return success;
}

int nvmlDeviceGetUtilizationRates(handle device, utilization_rates* rates) {
  auto state = fake::read();
  if (auto code = checked(state, "nvmlDeviceGetUtilizationRates", device))
    return code;
  if (state.find_instance(*device) != nullptr)
    return not_supported;
  *rates = {state.find_gpu(*device)->utilization, 0};
  return success;
}

int nvmlDeviceGetCudaComputeCapability(handle device, int* major, int* minor) {
  auto state = fake::read();
  *major = state.find_gpu(*device)->major;
  *minor = state.find_gpu(*device)->minor;
  return success;
}

int nvmlDeviceGetMigMode(handle device, unsigned* now, unsigned* pending) {
  *now = *pending = fake::read().find_gpu(*device)->instances.empty() ? 0 : 1;
  return success;
}

int nvmlDeviceGetMaxMigDeviceCount(handle, unsigned* count) {
  *count = most_instances;
  return success;
}

int nvmlDeviceGetMigDeviceHandleByIndex(handle device, unsigned index, handle* instance) {
  auto state = fake::read();
  auto& instances = state.find_gpu(*device)->instances;
  if (index >= instances.size())
    return not_found;
  *instance = handle_of(instances[index].uuid);
  return success;
}

int nvmlDeviceGetGpuInstanceId(handle device, unsigned* id) {
  *id = fake::read().find_instance(*device)->gpu_instance;
  return success;
}

int nvmlDeviceGetComputeInstanceId(handle device, unsigned* id) {
  *id = fake::read().find_instance(*device)->compute_instance;
  return success;
}

#endif
}

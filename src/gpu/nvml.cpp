#include "gpu/nvml.hpp"
#include <array>
#include <dlfcn.h>
#include <unistd.h>

namespace cog {

// The part of the documented interface that is used here.

namespace {

using handle = void*;

enum code : int {
  success = 0,
  driver_not_loaded = 9,
  gpu_is_lost = 15,
  reset_required = 16,
  version_mismatch = 18,
};

struct memory_info {
  unsigned long long total, free, used;
};

struct utilization_rates {
  unsigned gpu, memory;
};

constexpr const char* control_device = "/dev/nvidiactl";   // there when the kernel's part of the driver is
constexpr unsigned text_size = 96;

}   // namespace

/// What an older driver lacks is null.
struct nvml_functions {
  int (*init)();
  int (*shutdown)();
  const char* (*error_string)(int);
  int (*driver_version)(char*, unsigned);
  int (*cuda_version)(int*);
  int (*count)(unsigned*);
  int (*by_index)(unsigned, handle*);
  int (*uuid)(handle, char*, unsigned);
  int (*name)(handle, char*, unsigned);
  int (*memory)(handle, memory_info*);
  int (*utilization)(handle, utilization_rates*);
  int (*compute_capability)(handle, int*, int*);
  int (*mig_mode)(handle, unsigned*, unsigned*);
  int (*most_instances)(handle, unsigned*);
  int (*instance)(handle, unsigned, handle*);
  int (*gpu_instance)(handle, unsigned*);
  int (*compute_instance)(handle, unsigned*);
};

namespace {

template <class Function>
void find(void* library, Function& function, const char* name, const char* older_name = nullptr) {
  auto* found = ::dlsym(library, name);
  if (found == nullptr && older_name != nullptr)
    found = ::dlsym(library, older_name);
  function = reinterpret_cast<Function>(found);
}

std::unique_ptr<nvml_functions> load(void* library) {
  auto to = std::make_unique<nvml_functions>();
  find(library, to->init, "nvmlInit_v2", "nvmlInit");
  find(library, to->shutdown, "nvmlShutdown");
  find(library, to->error_string, "nvmlErrorString");
  find(library, to->driver_version, "nvmlSystemGetDriverVersion");
  find(library, to->cuda_version, "nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetCudaDriverVersion");
  find(library, to->count, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount");
  find(library, to->by_index, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex");
  find(library, to->uuid, "nvmlDeviceGetUUID");
  find(library, to->name, "nvmlDeviceGetName");
  find(library, to->memory, "nvmlDeviceGetMemoryInfo");
  find(library, to->utilization, "nvmlDeviceGetUtilizationRates");
  find(library, to->compute_capability, "nvmlDeviceGetCudaComputeCapability");
  find(library, to->mig_mode, "nvmlDeviceGetMigMode");
  find(library, to->most_instances, "nvmlDeviceGetMaxMigDeviceCount");
  find(library, to->instance, "nvmlDeviceGetMigDeviceHandleByIndex");
  find(library, to->gpu_instance, "nvmlDeviceGetGpuInstanceId");
  find(library, to->compute_instance, "nvmlDeviceGetComputeInstanceId");
  bool complete = to->init && to->shutdown && to->count && to->by_index && to->uuid;
  return complete ? std::move(to) : nullptr;
}

std::string advice(int failure) {
  switch (failure) {
    case driver_not_loaded:
      return "load the driver's kernel module on the host";
    case version_mismatch:
      return "the library's version is not that of the kernel module: restart the host, or the container with the "
             "libraries of the host's driver";
    default:
      return "run nvidia-smi on the host; in a container, check that it was started with --gpus";
  }
}

template <class Function, class... Arguments>
std::string text(Function function, Arguments... arguments) {
  std::array<char, text_size> buffer{};
  if (function == nullptr || function(arguments..., buffer.data(), text_size) != success)
    return {};
  return buffer.data();
}

template <class Function>
uint64_t number(Function function, handle device) {
  unsigned value = 0;
  return function != nullptr && function(device, &value) == success ? value : 0;
}

}   // namespace

std::unique_ptr<nvml> nvml::open(std::string& problem, const char* name) {
  auto* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    if (::access(control_device, F_OK) == 0)
      problem = std::string{"GPUs are here, but "} + ::dlerror() +
        ": start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility";
    return nullptr;
  }
  auto functions = load(library);
  if (functions == nullptr) {
    problem = std::string{name} + " lacks functions that every driver has; is it NVIDIA's?";
    ::dlclose(library);
    return nullptr;
  }
  std::unique_ptr<nvml> result{new nvml{std::move(functions)}};
  if (auto failure = result->functions_->init(); failure != success) {
    problem = "nvmlInit: " + result->text_of(failure) + ": " + advice(failure);
    return nullptr;
  }
  return result;
}

nvml::nvml(std::unique_ptr<nvml_functions> functions) : functions_{std::move(functions)} {
  // nop
}

nvml::~nvml() {
  functions_->shutdown();
}

std::string nvml::text_of(int failure) const {
  auto* words = functions_->error_string != nullptr ? functions_->error_string(failure) : "error";
  return std::string{words} + " (" + std::to_string(failure) + ")";
}

gpu_inventory nvml::inventory(std::string& problem) {
  gpu_inventory result;
  result.driver = text(functions_->driver_version);
  int version = 0;
  if (functions_->cuda_version != nullptr && functions_->cuda_version(&version) == success)
    result.cuda = std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
  unsigned count = 0;
  if (auto failure = functions_->count(&count); failure != success)
    problem = "nvmlDeviceGetCount: " + text_of(failure) + ": " + advice(failure);
  for (unsigned index = 0; index < count; ++index)
    add_gpu(result, index, problem);
  return result;
}

void nvml::add_gpu(gpu_inventory& inventory, unsigned index, std::string& problem) {
  handle gpu_handle = nullptr;
  auto failure = functions_->by_index(index, &gpu_handle);
  gpu_device gpu;
  gpu.index = index;
  if (failure == success)
    gpu.uuid = text(functions_->uuid, gpu_handle);
  if (gpu.uuid.empty()) {
    problem += (problem.empty() ? "GPU " : "; GPU ") + std::to_string(index) + " is left out: " + text_of(failure);
    return;
  }
  gpu.name = text(functions_->name, gpu_handle);
  memory_info memory{};
  if (functions_->memory != nullptr && functions_->memory(gpu_handle, &memory) == success)
    gpu.memory = memory.total;
  int major = 0, minor = 0;
  if (functions_->compute_capability != nullptr &&
      functions_->compute_capability(gpu_handle, &major, &minor) == success)
    gpu.compute_capability = std::to_string(major) + "." + std::to_string(minor);
  handles_[gpu.uuid] = gpu_handle;
  if (!add_instances(inventory, gpu_handle, gpu))
    inventory.devices.push_back(std::move(gpu));
}

/// False when the GPU is not in MIG mode. In MIG mode without instances there is nothing that CUDA could use.
bool nvml::add_instances(gpu_inventory& inventory, void* gpu_handle, const gpu_device& gpu) {
  unsigned now = 0, pending = 0, most = 0;
  if (functions_->mig_mode == nullptr || functions_->mig_mode(gpu_handle, &now, &pending) != success || now == 0)
    return false;
  if (functions_->most_instances == nullptr || functions_->most_instances(gpu_handle, &most) != success)
    return true;
  for (unsigned place = 0; place < most; ++place) {
    handle instance = nullptr;
    if (functions_->instance == nullptr || functions_->instance(gpu_handle, place, &instance) != success)
      continue;
    auto device = gpu;
    device.parent = gpu.uuid;
    device.uuid = text(functions_->uuid, instance);
    if (auto name = text(functions_->name, instance); !name.empty())
      device.name = name;
    memory_info memory{};
    if (functions_->memory != nullptr && functions_->memory(instance, &memory) == success)
      device.memory = memory.total;
    device.gpu_instance = number(functions_->gpu_instance, instance);
    device.compute_instance = number(functions_->compute_instance, instance);
    handles_[device.uuid] = instance;
    inventory.devices.push_back(std::move(device));
  }
  return true;
}

device_reading nvml::read(const gpu_device& device) const {
  device_reading result;
  auto take = [&](int failure) {
    result.lost = result.lost || failure == gpu_is_lost || failure == reset_required;
    if (result.lost && result.problem.empty())
      result.problem = text_of(failure);
    return failure == success;
  };
  auto found = handles_.find(device.uuid);
  if (found == handles_.end())
    return result;
  memory_info memory{};
  if (functions_->memory != nullptr && take(functions_->memory(found->second, &memory))) {
    result.memory_used = memory.used;
    result.memory_total = memory.total;
  }
  utilization_rates rates{};
  if (functions_->utilization != nullptr && take(functions_->utilization(found->second, &rates)))
    result.utilization = rates.gpu;
  if (auto gpu = handles_.find(device.parent); gpu != handles_.end() && functions_->memory != nullptr)
    take(functions_->memory(gpu->second, &memory));
  return result;
}

}   // namespace cog

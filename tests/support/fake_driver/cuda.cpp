#include "state.hpp"
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <sstream>
#include <string_view>
#include <sys/file.h>
#include <unistd.h>

// Stands for libcuda.so.1. It knows two kernels, whatever the PTX says: `store(u64 address, u32 value)`, which poisons
// the context when the address is not allocated, and `hold(u32 milliseconds)`, which keeps the device from all others.

namespace {

constexpr int success = 0, invalid_value = 1, not_initialized = 3, no_device = 100, invalid_device = 101;
constexpr int invalid_context = 201, not_found = 500, illegal_address = 700, unknown = 999;

struct context {
  std::string uuid;
  int retained = 0;
  int sticky = success;
  unsigned held = 0;   // milliseconds that are still to be spent
};

struct allocation {
  size_t size;
  char* data;
};

pid_t initialized_by = 0;
std::vector<context> contexts;   // by ordinal
std::map<uint64_t, allocation> allocations;
thread_local context* current = nullptr;

void log(std::string_view what, const std::string& uuid) {
  std::ostringstream line;
  line << ::getpid() << ' ' << what << ' ' << uuid << '\n';
  auto text = line.str();
  auto file = ::open((fake::path() + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  [[maybe_unused]] auto written = ::write(file, text.data(), text.size());
  ::close(file);
}

/// All that CUDA_VISIBLE_DEVICES shows: whole GPUs, or one MIG instance.
std::vector<std::string> visible() {
  auto state = fake::read();
  auto* variable = std::getenv("CUDA_VISIBLE_DEVICES");
  std::vector<std::string> all, wanted;
  for (auto& gpu : state.gpus)
    all.push_back(gpu.instances.empty() ? gpu.uuid : gpu.instances.front().uuid);
  if (variable == nullptr)
    return all;
  std::istringstream entries{variable};
  for (std::string entry; std::getline(entries, entry, ',');) {
    bool is_uuid = entry.starts_with("GPU-") || entry.starts_with("MIG-");
    char* end = nullptr;
    auto index = std::strtoul(entry.c_str(), &end, 10);
    if (is_uuid ? state.find_gpu(entry) == nullptr : *end != '\0' || index >= all.size())
      break;
    wanted.push_back(is_uuid ? entry : all[index]);
    if (wanted.back().starts_with("MIG-"))
      break;
  }
  return wanted;
}

int ready(const char* function, const std::string& uuid = {}) {
  if (initialized_by != ::getpid())
    return not_initialized;
  return fake::read().failing(function, uuid);
}

/// For what needs the current context.
int usable(const char* function) {
  if (auto code = ready(function, current == nullptr ? "" : current->uuid))
    return code;
  if (current == nullptr)
    return invalid_context;
  auto state = fake::read();
  if (state.find_gpu(current->uuid)->lost)
    current->sticky = unknown;
  return current->sticky;
}

}   // namespace

extern "C" {

int cuInit(unsigned) {
  if (auto code = fake::read().failing("cuInit"))
    return code;
  auto uuids = visible();
  if (uuids.empty())
    return no_device;
  if (initialized_by == ::getpid())
    return success;
  if (initialized_by != 0)
    return not_initialized;   // in a forked child
  initialized_by = ::getpid();
  for (auto& uuid : uuids)
    contexts.push_back({uuid});
  log("init", "-");
  return success;
}

int cuGetErrorName(int code, const char** name) {
  static const std::map<int, const char*> names{
    {success, "CUDA_SUCCESS"},
    {invalid_value, "CUDA_ERROR_INVALID_VALUE"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY"},
    {not_initialized, "CUDA_ERROR_NOT_INITIALIZED"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE"},
    {no_device, "CUDA_ERROR_NO_DEVICE"},
    {invalid_device, "CUDA_ERROR_INVALID_DEVICE"},
    {invalid_context, "CUDA_ERROR_INVALID_CONTEXT"},
    {not_found, "CUDA_ERROR_NOT_FOUND"},
    {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"},
    {unknown, "CUDA_ERROR_UNKNOWN"},
  };
  auto found = names.find(code);
  *name = found == names.end() ? nullptr : found->second;
  return found == names.end() ? invalid_value : success;
}

int cuDeviceGetCount(int* count) {
  *count = static_cast<int>(contexts.size());
  return ready("cuDeviceGetCount");
}

int cuDeviceGet(int* device, int ordinal) {
  if (auto code = ready("cuDeviceGet"))
    return code;
  if (ordinal < 0 || static_cast<size_t>(ordinal) >= contexts.size())
    return invalid_device;
  *device = ordinal;
  return success;
}

int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
  *flags = 0;
  *active = contexts.at(device).retained > 0 ? 1 : 0;
  return ready("cuDevicePrimaryCtxGetState");
}

int cuDevicePrimaryCtxRetain(context** result, int device) {
  auto& context = contexts.at(device);
  if (auto code = ready("cuDevicePrimaryCtxRetain", context.uuid))
    return code;
  if (context.retained++ == 0)
    context.sticky = success;
  *result = &context;
  log("retain", context.uuid);
  return success;
}

int cuDevicePrimaryCtxRelease_v2(int device) {
  auto& context = contexts.at(device);
  if (auto code = ready("cuDevicePrimaryCtxRelease", context.uuid))
    return code;
  if (context.retained == 0)
    return invalid_context;
  --context.retained;
  log("release", context.uuid);
  return success;
}

int cuCtxGetCurrent(context** result) {
  *result = current;
  return ready("cuCtxGetCurrent");
}

int cuCtxSetCurrent(context* wanted) {
  if (auto code = ready("cuCtxSetCurrent", wanted == nullptr ? "" : wanted->uuid))
    return code;
  current = wanted;
  return success;
}

int cuCtxSynchronize() {
  if (auto code = usable("cuCtxSynchronize"))
    return code;
  if (current->held > 0) {
    auto lock = ::open((fake::path() + "." + current->uuid).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ::flock(lock, LOCK_EX);
    ::usleep(current->held * 1000);
    current->held = 0;
    ::close(lock);
  }
  return current->sticky;
}

int cuMemAlloc_v2(uint64_t* address, size_t size) {
  if (auto code = usable("cuMemAlloc"))
    return code;
  auto* data = static_cast<char*>(std::calloc(1, size));
  *address = reinterpret_cast<uint64_t>(data);
  allocations[*address] = {size, data};
  return success;
}

int cuMemFree_v2(uint64_t address) {
  if (auto code = usable("cuMemFree"))
    return code;
  auto found = allocations.find(address);
  if (found == allocations.end())
    return invalid_value;
  std::free(found->second.data);
  allocations.erase(found);
  return success;
}

int cuMemcpyDtoH_v2(void* to, uint64_t address, size_t size) {
  if (auto code = usable("cuMemcpyDtoH"))
    return code;
  auto found = allocations.find(address);
  if (found == allocations.end() || size > found->second.size)
    return invalid_value;
  std::memcpy(to, found->second.data, size);
  return success;
}

int cuModuleLoadData(void** module, const void* image) {
  *module = const_cast<void*>(image);
  return usable("cuModuleLoadData");
}

int cuModuleGetFunction(const char** function, void*, const char* name) {
  for (auto* known : {"store", "hold"})
    if (std::strcmp(name, known) == 0) {
      *function = known;
      return usable("cuModuleGetFunction");
    }
  return not_found;
}

int cuLaunchKernel(const char* function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*,
                   void** parameters, void**) {
  if (auto code = usable("cuLaunchKernel"))
    return code;
  log(function, current->uuid);
  if (std::strcmp(function, "hold") == 0) {
    current->held += *static_cast<unsigned*>(parameters[0]);
    return success;
  }
  auto found = allocations.find(*static_cast<uint64_t*>(parameters[0]));
  if (found == allocations.end())
    current->sticky = illegal_address;   // the launch itself goes well: the next call tells
  else
    std::memcpy(found->second.data, parameters[1], sizeof(unsigned));
  return success;
}
}

#pragma once
#include <string>
#include <vector>

/// What the stand-ins for NVIDIA's libraries pretend: read anew at each call from the file that COG_FAKE_GPUS names, one
/// fact a line:
///
///     driver VERSION CUDA_VERSION                          as 550.54.15 12040
///     gpu UUID TOTAL_MIB USED_MIB UTILIZATION CAPABILITY NAME
///     mig GPU_UUID UUID GPU_INSTANCE COMPUTE_INSTANCE TOTAL_MIB
///     lost UUID
///     fail FUNCTION CODE [UUID]
///
/// What the CUDA stand-in does is written to the file of that name with `.log`: PID, what, UUID.
namespace fake {

struct instance {
  std::string uuid;
  unsigned gpu_instance = 0;
  unsigned compute_instance = 0;
  unsigned long long total = 0;   // MiB
};

struct gpu {
  std::string uuid;
  unsigned long long total = 0;   // MiB
  unsigned long long used = 0;    // MiB
  unsigned utilization = 0;       // percent
  int major = 0;
  int minor = 0;
  std::string name;
  std::vector<instance> instances;
  bool lost = false;
};

struct failure {
  std::string function;
  int code = 0;
  std::string uuid;   // empty: of any device
};

struct state {
  std::string driver = "550.54.15";
  int cuda = 12040;
  std::vector<gpu> gpus;
  std::vector<failure> failures;

  /// What a call of this function on this device is to return; 0: it works.
  int failing(const std::string& function, const std::string& uuid = {}) const;
  const gpu* find_gpu(const std::string& uuid) const;             // by its own UUID, or that of an instance
  const instance* find_instance(const std::string& uuid) const;   // null for a whole GPU
};

std::string path();
state read();

}   // namespace fake

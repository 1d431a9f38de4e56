#include "state.hpp"
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace fake {

int state::failing(const std::string& function, const std::string& uuid) const {
  for (auto& failure : failures)
    if (failure.function == function && (failure.uuid.empty() || failure.uuid == uuid))
      return failure.code;
  return 0;
}

const gpu* state::find_gpu(const std::string& uuid) const {
  for (auto& gpu : gpus) {
    if (gpu.uuid == uuid)
      return &gpu;
    for (auto& instance : gpu.instances)
      if (instance.uuid == uuid)
        return &gpu;
  }
  return nullptr;
}

const instance* state::find_instance(const std::string& uuid) const {
  for (auto& gpu : gpus)
    for (auto& instance : gpu.instances)
      if (instance.uuid == uuid)
        return &instance;
  return nullptr;
}

std::string path() {
  auto* name = std::getenv("COG_FAKE_GPUS");
  return name == nullptr ? "" : name;
}

state read() {
  state result;
  std::ifstream file{path()};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string what, uuid;
    words >> what;
    if (what == "driver") {
      words >> result.driver >> result.cuda;
    } else if (what == "gpu") {
      gpu gpu;
      char dot;
      words >> gpu.uuid >> gpu.total >> gpu.used >> gpu.utilization >> gpu.major >> dot >> gpu.minor >> std::ws;
      std::getline(words, gpu.name);
      result.gpus.push_back(gpu);
    } else if (what == "mig") {
      instance instance;
      words >> uuid >> instance.uuid >> instance.gpu_instance >> instance.compute_instance >> instance.total;
      for (auto& gpu : result.gpus)
        if (gpu.uuid == uuid)
          gpu.instances.push_back(instance);
    } else if (what == "lost") {
      words >> uuid;
      for (auto& gpu : result.gpus)
        gpu.lost = gpu.lost || gpu.uuid == uuid;
    } else if (what == "fail") {
      failure failure;
      words >> failure.function >> failure.code >> failure.uuid;
      result.failures.push_back(failure);
    }
  }
  return result;
}

}   // namespace fake

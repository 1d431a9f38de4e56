#include "gpu/nvml.hpp"
#include "../support/fake_driver/pretence.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

constexpr const char* fake = FAKE_DRIVER "/libnvidia-ml.so.1";
constexpr const char* old_fake = FAKE_OLD_DRIVER "/libnvidia-ml.so.1";

const std::string two =
  "driver 550.54.15 12040\n"
  "gpu GPU-a 81920 1024 37 9.0 NVIDIA H100 80GB HBM3\n"
  "gpu GPU-b 81920 512 0 9.0 NVIDIA H100 80GB HBM3\n";

}   // namespace

TEST_CASE("nvml: no driver is nothing to speak of") {
  std::string problem;
  CHECK_FALSE(nvml::open(problem, "libnothing-of-that-name.so.1"));
  CHECK(problem.empty());
}

TEST_CASE("nvml: tells what there is") {
  pretence gpus{two};
  std::string problem;
  auto library = nvml::open(problem, fake);
  REQUIRE(library);
  auto found = library->inventory(problem);
  CHECK(problem.empty());
  CHECK(found.driver == "550.54.15");
  CHECK(found.cuda == "12.4");
  REQUIRE(found.devices.size() == 2);
  auto& device = found.devices[0];
  CHECK(device.uuid == "GPU-a");
  CHECK(device.name == "NVIDIA H100 80GB HBM3");
  CHECK(device.memory == 81920ULL * 1024 * 1024);
  CHECK(device.compute_capability == "9.0");
  CHECK(describe(found.devices[1]) == "GPU 1 (GPU-b)");
  auto reading = library->read(device);
  CHECK(reading.memory_used == 1024ULL * 1024 * 1024);
  CHECK(reading.utilization == 37U);
  CHECK_FALSE(reading.lost);
}

TEST_CASE("nvml: a machine without GPUs has none") {
  pretence gpus{"driver 550.54.15 12040\n"};
  std::string problem;
  auto library = nvml::open(problem, fake);
  REQUIRE(library);
  CHECK(library->inventory(problem).devices.empty());
  CHECK(problem.empty());
}

TEST_CASE("nvml: a GPU in MIG mode stands for its instances") {
  pretence gpus{two + "mig GPU-b MIG-1 7 0 10240\nmig GPU-b MIG-2 8 0 20480\n"};
  std::string problem;
  auto library = nvml::open(problem, fake);
  REQUIRE(library);
  auto devices = library->inventory(problem).devices;
  REQUIRE(devices.size() == 3);
  CHECK(devices[2].uuid == "MIG-2");
  CHECK(devices[2].index == 1);
  CHECK(devices[2].parent == "GPU-b");
  CHECK(devices[2].gpu_instance == 8);
  CHECK(devices[2].memory == 20480ULL * 1024 * 1024);
  CHECK_FALSE(library->read(devices[2]).utilization);
  CHECK(describe(devices[1]) == "MIG instance MIG-1 of GPU 1");
  gpus.write(two + "mig GPU-b MIG-1 7 0 10240\nmig GPU-b MIG-2 8 0 20480\nlost GPU-b\n");
  CHECK(library->read(devices[2]).lost);
  CHECK_FALSE(library->read(devices[0]).lost);
}

TEST_CASE("nvml: a lost device is told from a driver that does not know") {
  pretence gpus{two};
  std::string problem;
  auto library = nvml::open(problem, fake);
  REQUIRE(library);
  auto devices = library->inventory(problem).devices;
  gpus.write(two + "lost GPU-a\nfail nvmlDeviceGetMemoryInfo 999 GPU-b\n");
  CHECK(library->read(devices[0]).lost);
  CHECK(library->read(devices[0]).problem == "GPU is lost (15)");
  CHECK_FALSE(library->read(devices[1]).lost);
  CHECK_FALSE(library->read(devices[1]).memory_used);
  gpus.write(two + "fail nvmlDeviceGetMemoryInfo 16 GPU-b\n");
  CHECK(library->read(devices[1]).lost);
}

TEST_CASE("nvml: a GPU that cannot be asked is left out, and named") {
  pretence gpus{two + "lost GPU-a\n"};
  std::string problem;
  auto library = nvml::open(problem, fake);
  REQUIRE(library);
  auto devices = library->inventory(problem).devices;
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].index == 1);
  CHECK(problem == "GPU 0 is left out: GPU is lost (15)");
}

TEST_CASE("nvml: a driver that cannot be used says what helps") {
  pretence gpus{"fail nvmlInit 18\n"};
  std::string problem;
  CHECK_FALSE(nvml::open(problem, fake));
  CHECK(problem.starts_with("nvmlInit: RM has detected an NVML/RM version mismatch. (18): the library's version"));
  gpus.write("fail nvmlInit 9\n");
  CHECK_FALSE(nvml::open(problem, fake));
  CHECK(problem == "nvmlInit: NVIDIA driver is not loaded (9): load the driver's kernel module on the host");
}

TEST_CASE("nvml: an old driver tells what it can") {
  pretence gpus{two};
  std::string problem;
  auto library = nvml::open(problem, old_fake);
  REQUIRE(library);
  auto found = library->inventory(problem);
  REQUIRE(found.devices.size() == 2);
  CHECK(found.cuda.empty());
  CHECK(found.devices[0].compute_capability.empty());
  auto reading = library->read(found.devices[0]);
  CHECK(reading.memory_used);
  CHECK_FALSE(reading.utilization);
}

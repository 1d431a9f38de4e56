#include "gpu/visible_devices.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

gpu_device make_gpu(uint64_t index, std::string uuid) {
  gpu_device device;
  device.index = index;
  device.uuid = std::move(uuid);
  return device;
}

gpu_device make_instance(const gpu_device& gpu, std::string uuid, uint64_t gpu_instance) {
  auto device = gpu;
  device.parent = gpu.uuid;
  device.uuid = std::move(uuid);
  device.gpu_instance = gpu_instance;
  return device;
}

const std::vector<gpu_device> four{make_gpu(0, "GPU-aa11"), make_gpu(1, "GPU-aa22"), make_gpu(2, "GPU-bb33"),
                                   make_gpu(3, "GPU-cc44")};
const auto cut = make_gpu(1, "GPU-bb22");
const std::vector<gpu_device> mixed{make_gpu(0, "GPU-aa11"), make_instance(cut, "MIG-1111", 7),
                                    make_instance(cut, "MIG-2222", 8)};

std::string uuids(const visible_devices& visible) {
  std::string text;
  for (auto& device : visible.devices)
    text += (text.empty() ? "" : " ") + device.uuid;
  return text;
}

std::string seen(const std::vector<gpu_device>& all, const char* variable) {
  return uuids(find_visible(all, variable));
}

}   // namespace

TEST_CASE("visible_devices: all, when the variable is not set") {
  auto visible = find_visible(four, std::nullopt);
  CHECK(visible.devices.size() == 4);
  CHECK_FALSE(visible.by_uuid);
  CHECK(visible.warning.empty());
}

TEST_CASE("visible_devices: indices, in the order given") {
  CHECK(seen(four, "2") == "GPU-bb33");
  CHECK(seen(four, "3,0") == "GPU-cc44 GPU-aa11");
  CHECK(seen(four, " 1 , 2 ") == "GPU-aa22 GPU-bb33");
  CHECK(seen(four, "1gpu,2x") == "GPU-aa22 GPU-bb33");
}

TEST_CASE("visible_devices: none, for what hides all") {
  for (auto* text : {"", " ", "-1", "NoDevFiles"}) {
    auto visible = find_visible(four, text);
    CHECK_MESSAGE(visible.devices.empty(), text);
    CHECK_MESSAGE(visible.warning.empty(), text);
  }
}

TEST_CASE("visible_devices: the first entry that is no device ends the list") {
  CHECK(seen(four, "0,-1,2") == "GPU-aa11");
  CHECK(seen(four, "0,1,4,2") == "GPU-aa11 GPU-aa22");
  CHECK(seen(four, "1,,2") == "GPU-aa22");
  CHECK(seen(four, "0,GPU-bb33") == "GPU-aa11");
  CHECK(seen(four, "GPU-bb33,0") == "GPU-bb33");
  CHECK(find_visible(four, "0,9").warning.find("'9'") != std::string::npos);
  CHECK(find_visible(four, "0,-1").warning.empty());
  CHECK(find_visible({}, "0").warning.empty());
}

TEST_CASE("visible_devices: an entry given twice hides all") {
  auto visible = find_visible(four, "0,1,0");
  CHECK(visible.devices.empty());
  CHECK(visible.warning.find("twice") != std::string::npos);
  CHECK(seen(four, "GPU-aa11,GPU-aa1") == "");
}

TEST_CASE("visible_devices: UUIDs, cut short while they are unique") {
  CHECK(seen(four, "GPU-cc44,GPU-aa11") == "GPU-cc44 GPU-aa11");
  CHECK(find_visible(four, "GPU-cc44").by_uuid);
  CHECK(seen(four, "GPU-aa2,GPU-c") == "GPU-aa22 GPU-cc44");
  CHECK(seen(four, "GPU-bb,GPU-aa,GPU-cc") == "GPU-bb33");
  CHECK(seen(four, "GPU-dd") == "");
}

TEST_CASE("visible_devices: MIG instances by UUID, by their old names, and by their GPU") {
  CHECK(seen(mixed, "MIG-2222") == "MIG-2222");
  CHECK(seen(mixed, "MIG-2222,MIG-1") == "MIG-2222 MIG-1111");
  CHECK(seen(mixed, "MIG-GPU-bb22/8/0") == "MIG-2222");
  CHECK(seen(mixed, "MIG-GPU-bb22/9/0") == "");
  CHECK(seen(mixed, "MIG-") == "");
  CHECK(seen(mixed, "1") == "MIG-1111 MIG-2222");
  CHECK(seen(mixed, "GPU-bb22,GPU-aa11") == "MIG-1111 MIG-2222 GPU-aa11");
}

#include "gpu/lease_table.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::vector<gpu_device> make_gpus(uint64_t count) {
  std::vector<gpu_device> devices(count);
  for (uint64_t i = 0; i < count; ++i) {
    devices[i].index = i;
    devices[i].uuid = "GPU-" + std::to_string(i);
  }
  return devices;
}

void add_instances(std::vector<gpu_device>& devices, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    gpu_device device;
    device.index = 9;
    device.parent = "GPU-9";
    device.uuid = "MIG-" + std::to_string(i);
    devices.push_back(device);
  }
}

/// What each worker gets: "0,1|2,3".
std::string leases(lease_table& table, uint64_t workers) {
  std::string text;
  for (uint64_t worker = 0; worker < workers; ++worker) {
    text += worker == 0 ? "" : "|";
    auto variable = lease_environment(table.lease(worker), false)[1];
    text += variable.substr(variable.find('=') + 1);
  }
  return text;
}

std::string partition(const std::vector<gpu_device>& devices, uint64_t workers, uint64_t per_worker = 0) {
  lease_table table{devices, workers, per_worker};
  return leases(table, workers);
}

}   // namespace

TEST_CASE("lease_table: one worker has all devices, several an equal part") {
  CHECK(partition(make_gpus(4), 1) == "0,1,2,3");
  CHECK(partition(make_gpus(4), 2) == "0,1|2,3");
  CHECK(partition(make_gpus(8), 8) == "0|1|2|3|4|5|6|7");
  CHECK(partition(make_gpus(8), 3) == "0,1|2,3|4,5");
  CHECK(partition({}, 2) == "|");
}

TEST_CASE("lease_table: as many each as asked for") {
  CHECK(partition(make_gpus(4), 2, 1) == "0|1");
  CHECK(partition(make_gpus(6), 2, 3) == "0,1,2|3,4,5");
  CHECK(partition(make_gpus(2), 2, 5) == "0,1|0,1");
}

TEST_CASE("lease_table: when they do not suffice, each goes to several workers in turn") {
  CHECK(partition(make_gpus(2), 5) == "0|1|0|1|0");
  CHECK(partition(make_gpus(3), 2, 2) == "0,1|2,0");
  CHECK(lease_table{make_gpus(2), 5, 0}.shared());
  CHECK_FALSE(lease_table{make_gpus(2), 2, 0}.shared());
  CHECK(lease_table{make_gpus(2), 5, 0}.holders("GPU-0") == std::vector<uint64_t>{0, 2, 4});
}

TEST_CASE("lease_table: a MIG instance comes alone") {
  auto devices = make_gpus(2);
  add_instances(devices, 2);
  CHECK(partition(devices, 3, 2) == "0,1|MIG-0|MIG-1");
  CHECK(partition(devices, 4) == "0|1|MIG-0|MIG-1");
}

TEST_CASE("lease_table: a worker gets the same devices again") {
  lease_table table{make_gpus(4), 2, 0};
  CHECK(table.lease(1) == table.lease(1));
  CHECK(leases(table, 2) == "0,1|2,3");
}

TEST_CASE("lease_table: a lost device is made good by one that nobody holds") {
  lease_table table{make_gpus(3), 2, 1};
  table.lose("GPU-0");
  CHECK(leases(table, 2) == "2|1");
  table.lose("GPU-1");
  CHECK(table.lease(1).empty());
  table.give_back(0);
  CHECK(leases(table, 2) == "2|");
}

TEST_CASE("lease_table: a device of a worker that was given up is free") {
  lease_table table{make_gpus(2), 2, 0};
  table.give_back(0);
  table.lose("GPU-1");
  CHECK(table.lease(1).front().uuid == "GPU-0");
  CHECK(table.holders("GPU-0") == std::vector<uint64_t>{1});
}

TEST_CASE("lease_table: workers that share go on sharing") {
  lease_table table{make_gpus(2), 4, 0};
  table.lose("GPU-1");
  CHECK(leases(table, 4) == "0|0|0|0");
}

TEST_CASE("lease_table: fewer than asked for are of no use, a smaller equal part is") {
  lease_table exact{make_gpus(4), 2, 2};
  exact.lose("GPU-0");
  CHECK(leases(exact, 2) == "|2,3");
  lease_table equal{make_gpus(4), 2, 0};
  equal.lose("GPU-0");
  CHECK(leases(equal, 2) == "1|2,3");
  lease_table alone{make_gpus(2), 1, 2};
  alone.lose("GPU-0");
  CHECK(leases(alone, 1) == "1");
}

TEST_CASE("lease_table: names are UUIDs where the user gave such") {
  CHECK(lease_environment(make_gpus(2), true)[1] == "CUDA_VISIBLE_DEVICES=GPU-0,GPU-1");
  CHECK(lease_environment(make_gpus(2), false)[0] == "CUDA_DEVICE_ORDER=PCI_BUS_ID");
}

TEST_CASE("lease_table: one worker a device, or a group of them") {
  CHECK(workers_for(make_gpus(8), 0) == 8);
  CHECK(workers_for(make_gpus(8), 3) == 2);
  CHECK(workers_for({}, 0) == 1);
}

#pragma once
#include "gpu/device.hpp"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cog {

/// The devices a worker may use, and what its processes are told of them.
struct device_lease {
  std::vector<gpu_device> devices;        // in the order of CUDA's ordinals; empty: there are none
  std::vector<std::string> environment;   // NAME=value; empty: as ours is
  uint64_t workers = 1;                   // among whom the devices were divided
};
using lease_ptr = std::shared_ptr<const device_lease>;

/// The devices all workers together may use, for people.
struct device_report {
  struct entry {
    gpu_device device;
    std::vector<uint64_t> workers;   // that hold it
    bool lost = false;
    std::optional<uint64_t> memory_used{};   // bytes, by whomever; only where it was asked for, like the next
    std::optional<double> utilization{};     // part of the last second or so in which a kernel ran
  };
  std::string driver;
  std::string cuda;
  std::vector<entry> devices;
};
using device_report_ptr = std::shared_ptr<const device_report>;

}   // namespace cog

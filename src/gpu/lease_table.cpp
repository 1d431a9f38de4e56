#include "gpu/lease_table.hpp"
#include <algorithm>
#include <numeric>
#include <utility>

namespace cog {

uint64_t workers_for(const std::vector<gpu_device>& devices, uint64_t per_worker) {
  return std::max<uint64_t>(1, devices.size() / std::max<uint64_t>(1, per_worker));
}

lease_table::lease_table(std::vector<gpu_device> devices, uint64_t workers, uint64_t per_worker)
  : devices_{std::move(devices)}, workers_(workers), exact_{per_worker > 0 && workers > 1} {
  if (workers == 1) {
    workers_[0].devices.resize(devices_.size());
    std::iota(workers_[0].devices.begin(), workers_[0].devices.end(), size_t{0});
    return;
  }
  auto each = per_worker > 0 ? per_worker : std::max<uint64_t>(1, devices_.size() / workers);
  for (auto& worker : workers_) {
    while (worker.devices.size() < each && add_device(worker, false)) {
    }
    worker.wanted = worker.devices.size();
  }
  for (size_t device = 0; device < devices_.size(); ++device)
    shared_ = shared_ || count_holders(device) > 1;
}

/// Takes the device that the fewest hold. CUDA shows a process no more than one MIG instance, and no GPU beside it.
bool lease_table::add_device(holding& to, bool only_free) {
  auto is_held = [&](size_t device) {
    return std::find(to.devices.begin(), to.devices.end(), device) != to.devices.end();
  };
  auto fits = [&](size_t device) {
    return !is_held(device) && !is_lost(devices_[device].uuid) &&
      (to.devices.empty() || (!devices_[device].is_instance() && !devices_[to.devices.front()].is_instance()));
  };
  auto best = devices_.size();
  for (size_t device = 0; device < devices_.size(); ++device)
    if (fits(device) && (best == devices_.size() || count_holders(device) < count_holders(best)))
      best = device;
  if (best == devices_.size() || (only_free && count_holders(best) > 0))
    return false;
  to.devices.push_back(best);
  return true;
}

uint64_t lease_table::count_holders(size_t device) const {
  return std::count_if(workers_.begin(), workers_.end(), [&](const holding& worker) {
    return std::find(worker.devices.begin(), worker.devices.end(), device) != worker.devices.end();
  });
}

std::vector<gpu_device> lease_table::lease(uint64_t worker) {
  if (worker >= workers_.size())
    return {};
  auto& held = workers_[worker];
  std::erase_if(held.devices, [&](size_t device) { return is_lost(devices_[device].uuid); });
  while (held.devices.size() < held.wanted && add_device(held, !shared_)) {
  }
  if (exact_ && held.devices.size() < held.wanted)
    held.devices.clear();
  std::vector<gpu_device> result;
  for (auto device : held.devices)
    result.push_back(devices_[device]);
  return result;
}

void lease_table::give_back(uint64_t worker) {
  if (worker < workers_.size())
    workers_[worker].devices.clear();
}

std::vector<uint64_t> lease_table::holders(const std::string& uuid) const {
  std::vector<uint64_t> result;
  for (uint64_t worker = 0; worker < workers_.size(); ++worker)
    if (std::any_of(workers_[worker].devices.begin(), workers_[worker].devices.end(),
                    [&](size_t device) { return devices_[device].uuid == uuid; }))
      result.push_back(worker);
  return result;
}

std::vector<std::string> lease_environment(const std::vector<gpu_device>& devices, bool by_uuid) {
  std::string names;
  for (auto& device : devices)
    by_uuid = by_uuid || device.is_instance();
  for (auto& device : devices) {
    if (!names.empty())
      names += ',';
    names += by_uuid ? device.uuid : std::to_string(device.index);
  }
  return {"CUDA_DEVICE_ORDER=PCI_BUS_ID", "CUDA_VISIBLE_DEVICES=" + names};
}

}   // namespace cog

#pragma once
#include "gpu/device.hpp"
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace cog {

/// How many workers COG_WORKERS=gpu means: one for each device, or for each `per_worker` (0: not given) of them.
uint64_t workers_for(const std::vector<gpu_device>& devices, uint64_t per_worker);

/// Which worker holds which devices. Made once for all workers, so that who asks first does not matter.
class lease_table {
public:
  lease_table() = default;

  /// One worker holds all devices. Several get `per_worker` each (0: an equal part, at least one), or exactly one MIG
  /// instance; when the devices do not suffice, each goes to several workers in turn.
  lease_table(std::vector<gpu_device> devices, uint64_t workers, uint64_t per_worker);

  /// The devices of a worker: the same ones each time, those that were lost made good by such as nobody holds. Empty
  /// when none is left, or fewer than the `per_worker` that was asked for; the worker then holds nothing.
  std::vector<gpu_device> lease(uint64_t worker);

  void give_back(uint64_t worker);

  /// The device is gone for good.
  void lose(const std::string& uuid) { lost_.insert(uuid); }
  bool is_lost(const std::string& uuid) const { return lost_.contains(uuid); }

  std::vector<uint64_t> holders(const std::string& uuid) const;

  /// Some device belongs to more than one worker.
  bool shared() const { return shared_; }

  const std::vector<gpu_device>& devices() const { return devices_; }

private:
  struct holding {
    std::vector<size_t> devices;
    size_t wanted = 0;
  };

  bool add_device(holding& to, bool only_free);
  uint64_t count_holders(size_t device) const;

  std::vector<gpu_device> devices_;
  std::vector<holding> workers_;
  std::set<std::string> lost_;
  bool exact_ = false;   // fewer devices than wanted are of no use
  bool shared_ = false;
};

/// What a process is told of its devices: `NAME=value`. UUIDs when `by_uuid`, or when one is a MIG instance, which has no
/// other name; else indices, which more libraries can read.
std::vector<std::string> lease_environment(const std::vector<gpu_device>& devices, bool by_uuid);

}   // namespace cog

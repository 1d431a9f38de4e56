#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "gpu/lease_table.hpp"
#include "gpu/nvml.hpp"
#include "settings/server_config.hpp"
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cog {

/// What the devices actor is told at its start.
struct device_settings {
  std::optional<std::string> visible;   // CUDA_VISIBLE_DEVICES
  std::optional<std::string> order;     // CUDA_DEVICE_ORDER
  uint64_t per_worker = 0;              // COG_GPUS_PER_WORKER; 0: not given
  bool ignore = false;                  // there are no GPUs for us
  real_seconds check_interval{0};       // 0: none
  std::string library = "libnvidia-ml.so.1";
};

/// Knows the GPUs and which worker holds which. Asks the driver, which may block: spawn it detached.
struct devices_state {
  explicit devices_state(devices_actor::pointer self) : self{self} {
    // nop
  }

  void find_devices();
  caf::result<lease_ptr> lease(uint64_t worker, uint64_t workers, const worker_actor& holder);
  void release(uint64_t worker);
  void check();
  device_report_ptr report() const;
  device_report_ptr report_with_readings() const;
  std::string metrics_text() const;

  devices_actor::pointer self;
  device_settings settings;
  std::unique_ptr<nvml> driver;   // null: none
  gpu_inventory found;            // its devices are the visible ones
  bool by_uuid = false;           // so they are told to workers
  std::optional<lease_table> table;
  uint64_t workers = 0;   // of the table
  std::map<uint64_t, worker_actor> holders;
  static inline const char* name = "devices";

private:
  void check_later();
  void divide(uint64_t workers);
  void log_devices() const;
  void take_reading(const gpu_device& device);
  std::string lost_devices() const;
};

device_settings device_settings_of(const server_config& config);

devices_actor::behavior_type devices(devices_actor::stateful_pointer<devices_state> self, device_settings settings);

}   // namespace cog

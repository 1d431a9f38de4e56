#include "actors/devices.hpp"
#include "gpu/visible_devices.hpp"
#include "json/json_text.hpp"
#include "pool/pool_metrics.hpp"
#include <algorithm>
#include <cstdlib>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr uint64_t mib = 1024 * 1024;

std::optional<std::string> variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::string labels(const gpu_device& device) {
  return "{gpu=\"" + std::to_string(device.index) + "\",uuid=\"" + device.uuid + "\"";
}

}   // namespace

device_settings device_settings_of(const server_config& config) {
  device_settings settings;
  settings.visible = variable("CUDA_VISIBLE_DEVICES");
  settings.order = variable("CUDA_DEVICE_ORDER");
  settings.per_worker = config.gpus_per_worker;
  settings.ignore = config.ignore_gpus;
  settings.check_interval = config.gpu_check_interval;
  return settings;
}

void devices_state::find_devices() {
  if (settings.ignore)
    return;
  std::string problem;
  driver = nvml::open(problem, settings.library.c_str());
  if (driver)
    found = driver->inventory(problem);
  if (!problem.empty())
    spdlog::warn("devices: driver-problem, {}", problem);
  auto all = std::move(found.devices);
  auto visible = find_visible(all, settings.visible);
  if (!visible.warning.empty())
    spdlog::warn("devices: variable-odd, {}", visible.warning);
  found.devices = std::move(visible.devices);
  auto differs = [&](auto& device) { return device.name != all.front().name; };
  if (settings.visible && !visible.by_uuid && settings.order != "PCI_BUS_ID" &&
      std::any_of(all.begin(), all.end(), differs))
    spdlog::warn(
      "devices: order-assumed, the indices of CUDA_VISIBLE_DEVICES={} are read as nvidia-smi counts GPUs; as "
      "these differ, set CUDA_DEVICE_ORDER=PCI_BUS_ID or name UUIDs",
      *settings.visible);
  auto is_instance = [](auto& device) { return device.is_instance(); };
  by_uuid = visible.by_uuid || std::any_of(all.begin(), all.end(), is_instance);
  if (driver)
    log_devices();
  if (!found.devices.empty() && settings.check_interval.count() > 0)
    check_later();
}

void devices_state::log_devices() const {
  spdlog::info("devices: found, count={} driver={} cuda={}", found.devices.size(), found.driver, found.cuda);
  for (auto& device : found.devices)
    spdlog::info("devices: device, index={} uuid={} name=\"{}\" memory_mib={} compute={}", device.index, device.uuid,
                 device.name, device.memory / mib, device.compute_capability);
}

void devices_state::divide(uint64_t count) {
  workers = count > 0 ? count : workers_for(found.devices, settings.per_worker);
  table.emplace(found.devices, workers, settings.per_worker);
  if (table->shared())
    spdlog::warn(
      "devices: shared, workers={} devices={} per_worker={} some workers share a device: its memory and time "
      "are divided among them",
      workers, found.devices.size(), std::max<uint64_t>(1, settings.per_worker));
}

caf::result<lease_ptr> devices_state::lease(uint64_t worker, uint64_t count, const worker_actor& holder) {
  if (!table || (count > 0 && count != workers))
    divide(count);
  holders[worker] = holder;
  auto result = std::make_shared<device_lease>();
  result->workers = workers;
  if (found.devices.empty())
    return lease_ptr{std::move(result)};
  for (auto& device : found.devices)
    take_reading(device);
  result->devices = table->lease(worker);
  if (result->devices.empty())
    return make_error(errc::no_device,
                      "no GPU is left for worker " + std::to_string(worker) + ": " + lost_devices() +
                        " and nobody has one to spare; reset the device or restart the machine, then the server");
  if (workers > 1 || result->devices.size() < found.devices.size())
    result->environment = lease_environment(result->devices, by_uuid);
  std::string names;
  for (auto& device : result->devices)
    names += (names.empty() ? "" : ", ") + describe(device);
  spdlog::info("devices: leased, worker={} devices=\"{}\"", worker, names);
  return lease_ptr{std::move(result)};
}

std::string devices_state::lost_devices() const {
  std::string names;
  for (auto& device : found.devices)
    if (table->is_lost(device.uuid))
      names += (names.empty() ? "" : ", ") + describe(device);
  return names.empty() ? "there are too few" : names + " lost";
}

void devices_state::release(uint64_t worker) {
  if (table)
    table->give_back(worker);
  holders.erase(worker);
}

void devices_state::take_reading(const gpu_device& device) {
  if (!driver || table->is_lost(device.uuid))
    return;
  auto reading = driver->read(device);
  if (!reading.lost)
    return;
  auto what = describe(device) + " is lost, says NVML: " + reading.problem;
  spdlog::error("devices: lost, uuid={} workers={} {}", device.uuid, fmt::join(table->holders(device.uuid), ","), what);
  auto affected = table->holders(device.uuid);
  table->lose(device.uuid);
  for (auto worker : affected)
    if (auto holder = holders.find(worker); holder != holders.end())
      self->send(holder->second, atom::lost_v, what);
}

void devices_state::check_later() {
  self->delayed_send(self, std::chrono::duration_cast<caf::timespan>(settings.check_interval), atom::tick_v);
}

void devices_state::check() {
  if (table)
    for (auto& device : found.devices)
      take_reading(device);
  check_later();
}

device_report_ptr devices_state::report() const {
  auto result = std::make_shared<device_report>();
  result->driver = found.driver;
  result->cuda = found.cuda;
  for (auto& device : found.devices)
    result->devices.push_back({.device = device,
                               .workers = table ? table->holders(device.uuid) : std::vector<uint64_t>{},
                               .lost = table && table->is_lost(device.uuid)});
  return result;
}

device_report_ptr devices_state::report_with_readings() const {
  auto result = std::make_shared<device_report>(*report());
  for (auto& entry : result->devices) {
    if (entry.lost)
      continue;
    auto reading = driver->read(entry.device);
    entry.lost = reading.lost;
    entry.memory_used = reading.memory_used;
    if (reading.utilization)
      entry.utilization = *reading.utilization / 100.0;
  }
  return result;
}

std::string devices_state::metrics_text() const {
  if (found.devices.empty())
    return {};
  std::string used, total, ratio, up, held;
  append_metric_head(used, "cog_gpu_memory_used_bytes", "gauge", "Memory taken, by whomever.");
  append_metric_head(total, "cog_gpu_memory_bytes", "gauge", "Memory of the device.");
  append_metric_head(ratio, "cog_gpu_utilization_ratio", "gauge", "Part of the last second in which a kernel ran.");
  append_metric_head(up, "cog_gpu_up", "gauge", "0: the device is lost.");
  append_metric_head(held, "cog_gpu_worker", "gauge", "The worker that holds the device.");
  auto now = report();
  for (auto& [device, holding, lost, used_now, utilization] : now->devices) {
    auto reading = lost ? device_reading{} : driver->read(device);
    auto series = labels(device);
    if (reading.memory_used)
      used += "cog_gpu_memory_used_bytes" + series + "} " + std::to_string(*reading.memory_used) + "\n";
    if (reading.memory_total)
      total += "cog_gpu_memory_bytes" + series + "} " + std::to_string(*reading.memory_total) + "\n";
    if (reading.utilization) {
      ratio += "cog_gpu_utilization_ratio" + series + "} ";
      append_float(ratio, *reading.utilization / 100.0);
      ratio += '\n';
    }
    up += "cog_gpu_up" + series + "} " + (lost || reading.lost ? "0\n" : "1\n");
    for (auto worker : holding)
      held += "cog_gpu_worker" + series + ",worker=\"" + std::to_string(worker) + "\"} 1\n";
  }
  return used + total + ratio + up + held;
}

devices_actor::behavior_type devices(devices_actor::stateful_pointer<devices_state> self, device_settings settings) {
  self->state.settings = std::move(settings);
  self->state.find_devices();
  return {
    [self](atom::lease, uint64_t worker, uint64_t workers, const worker_actor& holder) {
      return self->state.lease(worker, workers, holder);
    },
    [self](atom::release, uint64_t worker) { self->state.release(worker); },
    [self](atom::inventory) { return self->state.report(); },
    [self](atom::check) { return self->state.report_with_readings(); },
    [self](atom::metrics) { return self->state.metrics_text(); },
    [self](atom::tick) { self->state.check(); },
  };
}

}   // namespace cog

#include "gpu/visible_devices.hpp"
#include <algorithm>
#include <charconv>
#include <string_view>

namespace cog {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> entries;
  while (true) {
    auto comma = list.find(',');
    entries.push_back(trim(list.substr(0, comma)));
    if (comma == list.npos)
      return entries;
    list.remove_prefix(comma + 1);
  }
}

/// The digits an entry starts with, as `strtoul` reads them.
std::optional<uint64_t> leading_number(std::string_view entry) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), number);
  return error == std::errc{} ? std::optional{number} : std::nullopt;
}

std::vector<gpu_device> of_index(const std::vector<gpu_device>& all, std::string_view entry) {
  std::vector<gpu_device> found;
  if (auto index = leading_number(entry))
    std::copy_if(all.begin(), all.end(), std::back_inserter(found),
                 [&](auto& device) { return device.index == *index; });
  return found;
}

/// `MIG-GPU-<uuid>/<GPU instance>/<compute instance>`, as drivers before 470 name an instance.
bool is_old_name(const gpu_device& device, std::string_view entry) {
  auto name =
    "MIG-" + device.parent + "/" + std::to_string(device.gpu_instance) + "/" + std::to_string(device.compute_instance);
  return device.is_instance() && name == entry;
}

/// Empty unless the entry means exactly one device, or one GPU with all its instances.
std::vector<gpu_device> of_uuid(const std::vector<gpu_device>& all, std::string_view entry) {
  std::vector<gpu_device> found;
  for (auto& device : all)
    if (device.uuid == entry || is_old_name(device, entry))
      return {device};
    else if (device.uuid.starts_with(entry) || device.parent.starts_with(entry))
      found.push_back(device);
  auto is_of_another_gpu = [&](auto& device) {
    return !device.is_instance() || device.parent != found.front().parent || !device.parent.starts_with(entry);
  };
  if (found.size() > 1 && std::any_of(found.begin(), found.end(), is_of_another_gpu))
    return {};
  return found;
}

bool is_uuid(std::string_view entry) {
  return entry.starts_with("GPU-") || entry.starts_with("MIG-");
}

}   // namespace

visible_devices find_visible(const std::vector<gpu_device>& all, const std::optional<std::string>& variable) {
  if (!variable)
    return {all, false, {}};
  visible_devices result;
  auto entries = split(*variable);
  result.by_uuid = is_uuid(entries.front());
  auto kind = entries.front().substr(0, 4);
  for (auto entry : entries) {
    bool fits = !result.by_uuid || entry.starts_with(kind);
    auto found = !fits ? std::vector<gpu_device>{} : result.by_uuid ? of_uuid(all, entry) : of_index(all, entry);
    if (found.empty()) {
      bool hides_on_purpose = entry.empty() || entry.starts_with('-') || entry == "NoDevFiles";
      if (!hides_on_purpose && !all.empty())
        result.warning = "CUDA_VISIBLE_DEVICES=" + *variable + ": '" + std::string{entry} +
          "' is not a device of this machine; it and everything after it are left out, as CUDA does";
      return result;
    }
    auto is_known = [&](auto& device) {
      return std::any_of(result.devices.begin(), result.devices.end(),
                         [&](auto& known) { return known.uuid == device.uuid; });
    };
    if (std::any_of(found.begin(), found.end(), is_known))
      return {{}, result.by_uuid, "CUDA_VISIBLE_DEVICES=" + *variable + " names a device twice: CUDA shows none then"};
    result.devices.insert(result.devices.end(), found.begin(), found.end());
  }
  return result;
}

}   // namespace cog

#pragma once
#include "gpu/device_lease.hpp"
#include "pool/health_state.hpp"
#include "process/subprocess.hpp"
#include "settings/server_config.hpp"
#include <cstdint>
#include <optional>
#include <string>

namespace cog {

/// In the environment of every worker and of what it starts: the folder of its files.
constexpr const char* worker_folder_variable = "COG_WORKER_FOLDER";

/// The same as NAME=value.
std::string worker_mark(const std::string& folder);

/// How worker `index` is started; `folder` gets its output files. Without a lease it waits for one before its setup.
subprocess_spec worker_command(const server_config& config, uint64_t index, const std::string& folder,
                               const device_lease* lease);

/// Among how many workers the devices are divided (0: as many as there are devices). Where that follows from the model
/// alone it is not known before the model was described: the process starts without a lease then, and waits for it before
/// its setup.
std::optional<uint64_t> known_workers(const server_config& config, const description_ptr& model);

/// What the process may use: the JSON object that docs/worker-protocol.md describes.
std::string lease_text(const device_lease& lease, const server_config& config);

}   // namespace cog

#pragma once
#include "actors/messages.hpp"
#include "prediction/memory_account.hpp"
#include "settings/server_config.hpp"
#include <memory>
#include <string>

namespace cog {

class reaper;

/// What every worker is given; never changed.
struct worker_settings {
  server_config config;
  router_actor router;
  files_actor files;
  transfer_actor transfers;
  devices_actor devices;
  std::shared_ptr<reaper> children;
  std::string root;                 // folder for the files of predictions
  account_ptr outputs;              // COG_MAX_OUTPUT_MEMORY
  uint64_t source = 0;              // the version of the source it is started of
  bool waits_for_devices = false;   // it takes none before it is told that nobody else holds them
};
using worker_settings_ptr = std::shared_ptr<const worker_settings>;

}   // namespace cog

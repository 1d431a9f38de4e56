#pragma once
#include "cli/deploy/model_facts.hpp"
#include "cli/deploy/quantity.hpp"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cog {

/// The flags of `cog deploy`, as given.
struct deploy_flags {
  std::string image, name, namespace_name, file = "cog.yaml", folder;
  uint64_t replicas = 1;
  std::optional<uint64_t> gpus;
  std::string gpu_resource = "nvidia.com/gpu", runtime_class;
  std::string cpu = "1", memory = "2Gi", shm = "1Gi", cache;
  std::vector<std::string> environment, environment_secrets;
  std::string drain, setup_timeout;
  std::string hpa, keda, prometheus;
  bool activator = false;
  std::string monitor, route, gateway, spread;
  bool network_policy = false, surge = true, root = false, sticky = false, kserve = false, knative = false;

  uint16_t port = 5000;           // of this machine; compose and systemd
  bool container = true;          // false: the project runs as it lies here, and an image is only named
  std::string project, program;   // of a server without a container
};

using variable_list = std::vector<std::pair<std::string, std::string>>;

/// What runs, whatever runs it: flags, image and cog.yaml put together, found sound.
struct deployment {
  std::string image, name;
  model_facts model;
  uint64_t gpus = 0;
  uint64_t slots = 1, queue = 0;               // of one server
  uint64_t drain = 25, setup_timeout = 1800;   // seconds
  variable_list settings;                      // ours, for the server
  variable_list environment;                   // the user's, after ours

  /// Seconds from the request to stop until a kill: the delay, the drain, and some for the end of the processes.
  uint64_t grace() const;
};

/// Seconds between SIGTERM and the stop, in which whoever balances the load turns away.
constexpr uint64_t drain_delay = 5;

constexpr uint64_t server_port = 5000;

/// The user and group as which a server runs; no image needs to know it.
constexpr int server_user = 10001;

/// Throws command_error, saying in one line what is wrong.
deployment plan_deployment(const deploy_flags& flags, const console& messages);

}   // namespace cog

#pragma once
#include "actors/messages.hpp"
#include "http/rules.hpp"
#include <memory>

namespace cog {

/// What every session is given; never changed.
struct http_settings : http_rules {
  router_actor router;
  files_actor files;
  webhook_registry_actor webhook_registry;
  stopper_actor stopper;
  devices_actor devices;
  real_seconds write_timeout{0};   // in which a reader must take something; 0: none
};
using settings_ptr = std::shared_ptr<const http_settings>;

}   // namespace cog

#pragma once
#include "actors/messages.hpp"
#include "http/http_counters.hpp"
#include "prediction/config.hpp"
#include <memory>

namespace cog {

/// What every connection is given; never changed.
struct http_settings {
  server_config config;
  router_actor router;
  files_actor files;
  mailroom_actor mailroom;
  stopper_actor stopper;
  devices_actor devices;
  std::shared_ptr<http_counters> counters;
  std::string bundled_schema;   // answers /openapi.json until the model was described; empty: none
};
using settings_ptr = std::shared_ptr<const http_settings>;

}   // namespace cog

#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cog {

enum class route : uint8_t {
  none,
  index,
  health_check,
  openapi,
  livez,
  readyz,
  shutdown,
  predictions,         // POST
  prediction,          // PUT {id}
  kept_predictions,    // GET
  kept_prediction,     // GET {id}
  cancel_prediction,   // POST {id}/cancel
  prediction_events,   // GET {id}/events
  prediction_file,     // GET {id}/files/{n}
  trainings,
  training,
  cancel_training,
  metrics,
  docs,        // the page on its tab API
  status,      // and on its tab Status
  page_file,   // GET /page/...
  dialect,     // of somebody else's protocol; found in their table
};

struct route_match {
  route where = route::none;
  std::string id;           // percent-decoded
  uint64_t file = 0;        // of `prediction_file`: its number
  std::string_view allow;   // set instead when the path is known but not for this method: what the method may be
  bool bad_id = false;      // the id is no UTF-8 once decoded
};

/// Finds the route of a request; the query is ignored. HEAD counts as GET. `keeps_results`: predictions can be fetched.
route_match match_route(std::string_view method, std::string_view target, bool keeps_results);

}   // namespace cog

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

/// Who may use a route where there are API keys.
enum class access : uint8_t {
  open,      // whoever asks
  any_key,   // whoever has a key
  read,      // whose key has this scope, and so on
  predict,
  admin,
};

/// Every route has its line here, or this does not compile.
constexpr access access_of(route where) {
  switch (where) {
    case route::livez:
    case route::readyz:
    case route::docs:
    case route::page_file:
    case route::health_check:   // but its state alone without `read`
      return access::open;
    case route::none:
    case route::dialect:   // as its row says
      return access::any_key;
    case route::index:    // as JSON; the page is open
    case route::status:   // likewise
    case route::openapi:
    case route::metrics:
    case route::kept_predictions:
    case route::kept_prediction:
    case route::prediction_file:
      return access::read;
    case route::predictions:
    case route::prediction:
    case route::trainings:
    case route::training:
    case route::cancel_prediction:
    case route::cancel_training:
    case route::prediction_events:
      return access::predict;
    case route::shutdown:
      break;
  }
  return access::admin;
}

struct route_match {
  route where = route::none;
  std::string id;        // percent-decoded
  uint64_t file = 0;     // of `prediction_file`: its number
  std::string allow;     // set instead when the path is known but not for this method: what the method may be
  bool bad_id = false;   // the id is no UTF-8 once decoded
};

/// Finds the route of a request; the query is ignored. HEAD counts as GET. `keeps_results`: predictions can be fetched.
route_match match_route(std::string_view method, std::string_view target, bool keeps_results);

}   // namespace cog

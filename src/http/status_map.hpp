#pragma once
#include "actors/errc.hpp"

namespace cog {

/// What a client sees of an error of the server's own: the HTTP status, and whether the body says `"status":"failed"`
/// beside its `"error"` (http-api section 8).
struct error_status {
  unsigned status;
  bool failed;
  unsigned retry_after;   // seconds; 0: no such header
};

error_status status_of(errc code);

}   // namespace cog

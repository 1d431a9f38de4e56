#include "http/status_map.hpp"

namespace cog {

error_status status_of(errc code) {
  switch (code) {
    case errc::ok:
      return {200, false, 0};
    case errc::at_capacity:
      return {409, true, 1};
    case errc::id_in_flight:
      return {409, true, 1};
    case errc::not_ready:
      return {503, true, 1};
    case errc::setup_failed:
    case errc::defunct:
      return {503, true, 0};
    case errc::draining:
      return {503, true, 1};
    case errc::too_slow:
      return {503, false, 1};
    case errc::not_streaming:
      return {406, false, 0};
    case errc::invalid_input:
      return {422, false, 0};
    case errc::too_many_followers:
    case errc::owner_limit:
      return {429, false, 1};
    case errc::not_found:
      return {404, false, 0};
    case errc::disk_full:
      return {507, false, 0};
    case errc::download_failed:
    case errc::upload_failed:
    case errc::bad_data_url:
    case errc::file_failed:
    case errc::canceled:
    case errc::no_device:
      return {500, true, 0};
  }
  return {500, true, 0};
}

}   // namespace cog

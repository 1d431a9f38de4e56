#include "prediction/prediction.hpp"

namespace cog {

std::string_view to_string(prediction_status status) {
  switch (status) {
    case prediction_status::starting:
      return "starting";
    case prediction_status::processing:
      return "processing";
    case prediction_status::succeeded:
      return "succeeded";
    case prediction_status::failed:
      return "failed";
    case prediction_status::canceled:
      return "canceled";
  }
  return "failed";
}

}   // namespace cog

#include "pool/pool_status.hpp"

namespace cog {

pool_status::times times_of(const duration_histogram& histogram) {
  return {histogram.count(), histogram.quantile(0.5), histogram.quantile(0.9), histogram.quantile(0.99),
          histogram.longest()};
}

}   // namespace cog

#pragma once
#include "pool/batch_rule.hpp"
#include "pool/seconds_histogram.hpp"
#include "prediction/prediction.hpp"
#include <array>
#include <cstdint>
#include <string>

namespace cog {

/// What batches there were, for `GET /metrics`.
class batch_metrics {
public:
  /// So many predictions go together, after an idle worker has waited for more of them.
  void count(uint64_t size, batch_close why, double held);
  /// One of a batch has ended.
  void count_item(prediction_status how);

  /// In the text format of Prometheus; the names are in docs/http.md.
  std::string text() const;

private:
  std::array<uint64_t, 11> sizes_{};   // up to 1, 2, 4 ... 1024
  uint64_t batches_ = 0;
  uint64_t items_ = 0;
  std::array<uint64_t, 4> closed_{};   // by `batch_close`
  seconds_histogram held_;
  std::array<uint64_t, 3> ended_{};   // succeeded, failed, canceled
};

}   // namespace cog

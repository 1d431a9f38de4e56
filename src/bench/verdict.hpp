#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cog::bench {

/// What a body says of a prediction.
enum class prediction_end : uint8_t { none, succeeded, failed, under_way };

/// Reads the `status` of a prediction in a body that comes in pieces. Keeps a short body, of a long one the start.
class verdict {
public:
  /// For the next body.
  void clear();

  void take(std::string_view piece);

  /// Of a body that has come whole. Exact for bodies up to 64 KiB; in longer ones the text `"status":"succeeded"`
  /// anywhere counts as success.
  prediction_end end();

  /// The body, or its start.
  std::string_view text() const { return kept_; }

private:
  std::string kept_;
  std::string tail_;   // of what was not kept: enough to find the text across two pieces
  bool long_ = false;
  bool found_ = false;
};

/// The same of a whole body at once.
prediction_end end_of_prediction(std::string_view body);

}   // namespace cog::bench

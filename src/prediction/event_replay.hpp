#pragma once
#include "prediction/event.hpp"
#include "prediction/event_journal.hpp"
#include <optional>

namespace cog {

/// Tells again what has happened in a prediction, from one of its states: the same events, in the same order and at the
/// same positions as when they happened, and the end if it has ended. Makes one event at a time.
class event_replay {
public:
  /// `after`: the position of the last event that is not to be told. If there is no such event, all are told.
  explicit event_replay(snapshot_ptr prediction, uint64_t after = 0);

  /// None: all is told.
  std::optional<prediction_event> next();
  /// Whether what it tells last is the end of the prediction.
  bool has_end() const { return is_terminal(prediction_->status); }

private:
  std::optional<prediction_event> next_counted();
  prediction_event make_event(prediction_event::kind what);
  prediction_event make_start();
  prediction_event make_chunk(text_slice text, size_t begin);
  std::optional<prediction_event> next_of_result();

  snapshot_ptr prediction_;
  text_reader journal_, output_, logs_;
  std::optional<event_journal::entry> entry_;   // the next one
  uint64_t position_ = 0;                       // of the last event told
  uint64_t chunks_ = 0;
  size_t files_ = 0;
  size_t read_ = 0;             // bytes of the output
  bool from_journal_ = false;   // the output came in chunks
  bool ended_ = false;
};

}   // namespace cog

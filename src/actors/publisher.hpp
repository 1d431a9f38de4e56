#pragma once
#include "prediction/event_history.hpp"
#include "prediction/event_journal.hpp"
#include "process/frame.hpp"
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace cog {

/// Somebody who hears the events of a prediction as they happen.
struct event_follower {
  uint64_t id = 0;
  std::function<void(const event_ptr&)> tell;
  bool watches = false;   // nothing depends on whether it is there
};

/// Who follows one prediction, and what they were told. The only place where its events are made.
class publisher {
public:
  /// `id`: of the prediction, which lives longer. `history`: COG_STREAM_HISTORY_CAPACITY. `account`: of the events.
  publisher(std::string_view id, uint64_t history, account_ptr account)
    : id_{id}, memory_{account}, journal_{std::move(account)}, history_{history} {
    // nop
  }

  /// Hears everything and never leaves.
  void set_courier(std::function<void(const event_ptr&)> tell) { courier_ = std::move(tell); }
  /// One that was there before the first event.
  void follow(event_follower follower) { followers_.push_back(std::move(follower)); }
  /// Tells a further one what has happened so far, and the rest as it happens unless something of it is missing. False:
  /// there are `most` already.
  bool attach(event_follower follower, size_t most);
  /// Tells a further watcher what happens from now on. False: there are `most` already.
  bool watch(event_follower watcher, size_t most);
  /// False: it does not follow, or only watches.
  bool detach(uint64_t follower);

  /// Watchers do not count.
  bool has_followers() const;
  /// Whether anybody hears what happens now.
  bool is_heard() const { return courier_ || !followers_.empty(); }

  /// The `start` event. It is made when the first to care for it is there, so before any other.
  void start();
  /// False, here and below: the account is full, and nobody is told.
  bool chunk(text_slice json, std::vector<output_file> files, folder_ptr holder);
  bool log(log_source source, text_slice text);
  bool metric(metric_mode mode, std::string_view name, std::string_view value);
  /// What the model has returned at its end, as it came (`json`) and as it is kept: a list that came whole is told item by
  /// item, a single value as one chunk.
  void result(done_shape shape, std::string_view json, const prediction_output& kept, const folder_ptr& holder);
  void completed(const snapshot_ptr& end);

  /// In which order all of this was told, but for the result and the end.
  const event_journal& journal() const { return journal_; }

private:
  void tell_chunk(text_slice json, std::vector<output_file> files, folder_ptr holder);
  void tell(prediction_event event);

  std::string_view id_;
  memory_lease memory_;   // of nothing; names the account
  std::function<void(const event_ptr&)> courier_;
  std::vector<event_follower> followers_;
  event_journal journal_;
  event_history history_;
  bool started_ = false;
  uint64_t told_ = 0;     // events so far
  uint64_t chunks_ = 0;   // of them
  uint64_t files_ = 0;    // in these
};

}   // namespace cog

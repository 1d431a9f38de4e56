#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Why a batch was closed.
enum class batch_close : uint8_t {
  full,    // it has as many items as it may
  gap,     // to wait for the next one costs those that are there more than it gains
  wait,    // its first item has waited as long as it may
  drain,   // the server stops
};

/// When the items that wait go to an idle worker together, and when it is better to wait for one more. It has no clock of
/// its own: it is asked at each event. From how long the next item has taken to come, when so many were there, it learns
/// whether waiting is of use; nothing is tried out for that, since the next item is seen whether one has waited for it or
/// not.
class batch_rule {
public:
  using clock = std::chrono::steady_clock;
  using seconds = std::chrono::duration<double>;

  /// `largest`: items of a batch, at least 1; `longest`: that an idle worker waits for more.
  batch_rule(uint64_t largest, seconds longest);

  uint64_t largest() const { return largest_; }

  /// An item of this key is ready.
  void arrived(std::string_view key, clock::time_point now);

  /// A batch has taken so long.
  void ended(seconds took);

  /// An idle worker faces `count` items of one key, at least 1: why they go now, or when to look again unless another
  /// item comes before. `waited`: when the first of them came, no worker was idle or others were there.
  struct verdict {
    std::optional<batch_close> close;
    clock::time_point again = clock::time_point::max();
  };
  verdict look(std::string_view key, uint64_t count, bool waited, clock::time_point now);

  /// The items it has faced went to a worker, or are gone.
  void closed() { faced_since_.reset(); }

  /// How long an idle worker has waited for the batch that it faces.
  seconds held(clock::time_point now) const { return faced_since_ ? seconds{now - *faced_since_} : seconds::zero(); }

private:
  struct note {
    std::string key;
    uint64_t place;   // in `gaps_`
    clock::time_point since;
  };

  uint64_t place_of(uint64_t count, bool waited) const { return (waited ? largest_ : 0) + count - 1; }
  seconds gap(uint64_t count, bool waited) const;
  clock::time_point take_note(std::string_view key, uint64_t count, bool waited, clock::time_point now);
  void learn(const note& noted, clock::time_point now);

  uint64_t largest_;
  seconds longest_;
  std::optional<seconds> usual_;               // duration of a batch, moving average
  std::vector<std::optional<seconds>> gaps_;   // to the next item: by items that were there, for both cases
  std::vector<note> notes_;                    // of what was faced and has seen no next item
  std::optional<clock::time_point> faced_since_;
};

}   // namespace cog

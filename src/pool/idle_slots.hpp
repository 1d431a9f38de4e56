#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace cog {

/// The free slots of the live workers, and whose turn it is: of the workers with a free slot the one whose devices run
/// the fewest predictions, of these the one whose devices have been idle longest, and of these the one that has itself.
/// Of workers without devices it is the one that ran last, since the processor's caches still hold what it needs.
/// Workers are kept in that order: a prediction moves only its worker and those that share its devices.
class idle_slots {
public:
  /// The worker is live, with so many free slots. A worker without devices counts as one that has a device of its own.
  void add(uint64_t worker, uint64_t slots, const std::vector<std::string>& devices);

  /// The worker is not live any more: nothing is taken from it until it is added again.
  void remove(uint64_t worker);

  /// Takes a slot; `count()` must not be 0. Returns the worker.
  uint64_t take();

  /// What took a slot of this worker has ended; the slot is free again if the worker is still live.
  void give_back(uint64_t worker);

  uint64_t count() const { return count_; }

private:
  /// The lowest is next: predictions on the busiest of its devices, when the last of these was used, when it was itself,
  /// its index. Without devices: predictions, when it was used (backwards), its index.
  using rank = std::tuple<uint64_t, uint64_t, uint64_t, uint64_t>;
  using order = std::set<rank>;
  struct device {
    uint64_t running = 0;
    uint64_t idle_since = 0;         // ticks
    std::vector<uint64_t> workers;   // that were added with it
  };
  struct entry {
    bool live = false;
    bool has_devices = false;
    uint64_t free = 0;
    uint64_t idle_since = 0;   // ticks
    std::vector<size_t> devices;
    order::iterator place;    // in the order, while it has a free slot
    order::node_type spare;   // its node, while it has none
  };

  entry& entry_of(uint64_t worker);
  rank rank_of(uint64_t worker) const;
  void move_neighbours(uint64_t worker);
  void move(uint64_t worker);

  std::vector<entry> workers_;
  order order_;
  std::vector<device> devices_;
  std::map<std::string, size_t> places_;   // of devices, by name
  uint64_t count_ = 0;
  uint64_t ticks_ = 0;   // grows with every prediction
};

}   // namespace cog

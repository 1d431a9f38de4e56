#pragma once
#include "access/key_file.hpp"
#include "access/key_ring.hpp"
#include "actors/caf.hpp"
#include "actors/messages.hpp"

namespace cog {

/// Reads COG_API_KEYS_FILE again when it has changed. A wrong one leaves the keys as they were.
struct key_watcher_state {
  void look();

  key_file file{{}};
  std::vector<api_key> others;   // that do not stand in it
  std::shared_ptr<key_ring> keys;
  static inline const char* name = "key_watcher";
};

/// It reads files: spawn it detached.
key_watcher_actor::behavior_type key_watcher(key_watcher_actor::stateful_pointer<key_watcher_state> self, key_file file,
                                             std::vector<api_key> others, std::shared_ptr<key_ring> keys);

}   // namespace cog

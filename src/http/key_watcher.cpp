#include "http/key_watcher.hpp"
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr std::chrono::seconds pause{1};

}   // namespace

void key_watcher_state::look() {
  if (!file.has_changed())
    return;
  std::string problem;
  auto read = file.read(problem);
  if (!read)
    return spdlog::error("keys: file-refused, path={} problem=\"{}\", the keys stay as they were", file.path(),
                         problem);
  spdlog::info("keys: file-read, path={} keys={}", file.path(), read->size());
  read->insert(read->end(), others.begin(), others.end());
  keys->replace(std::move(*read));
}

key_watcher_actor::behavior_type key_watcher(key_watcher_actor::stateful_pointer<key_watcher_state> self, key_file file,
                                             std::vector<api_key> others, std::shared_ptr<key_ring> keys) {
  self->state.file = std::move(file);
  self->state.others = std::move(others);
  self->state.keys = std::move(keys);
  self->delayed_send(self, pause, atom::tick_v);
  return {
    [self](atom::tick) {
      self->state.look();
      self->delayed_send(self, pause, atom::tick_v);
    },
  };
}

}   // namespace cog

#pragma once
#include "actors/caf.hpp"
#include "actors/files.hpp"
#include "exchange_support.hpp"
#include "test_client.hpp"
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

// Whom a session asks, as actors that do what the test says.

namespace cog {

/// What the fakes were asked, and who follows what. They write on the server's thread, the test waits for it on its own.
class journal {
public:
  void note(std::string what, follower_actor follower = {}) {
    std::lock_guard guard{mutex_};
    if (follower)
      followers_[what] = std::move(follower);
    lines_.push_back(std::move(what));
    changed_.notify_all();
  }

  /// Waits until it was noted.
  bool comes(const std::string& what) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, test_limit, [&] { return is_noted(what); });
  }

  bool has(const std::string& what) {
    std::lock_guard guard{mutex_};
    return is_noted(what);
  }

  follower_actor follower(const std::string& what) {
    std::lock_guard guard{mutex_};
    return followers_.at(what);
  }

  void clear() {
    std::lock_guard guard{mutex_};
    followers_.clear();
  }

private:
  bool is_noted(const std::string& what) const { return std::find(lines_.begin(), lines_.end(), what) != lines_.end(); }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::map<std::string, follower_actor> followers_;
};

// They know the messages that tests of sessions lead to, and no others, whatever else their likes understand.

/// Answers `run` when `retire` tells the end, at once to those who follow; all else at once.
inline caf::behavior fake_router(caf::event_based_actor* self, journal* notes) {
  using promises = std::map<std::string, caf::typed_response_promise<snapshot_ptr>>;
  auto running = std::make_shared<promises>();
  return {
    [=](atom::run, const request_ptr& request, const follower_actor& follower) -> caf::result<snapshot_ptr> {
      notes->note("run " + request->id, follower);
      if (follower)
        return make_snapshot(request->id, prediction_status::starting);
      return running->emplace(request->id, self->make_response_promise<snapshot_ptr>()).first->second;
    },
    [=](atom::detach, const std::string& id, const follower_actor&) { notes->note("detach " + id); },
    [=](atom::cancel, const request_ptr& request) { notes->note("cancel " + request->id); },
    [](atom::document) { return document_ptr{std::make_shared<model_document>()}; },
    [](atom::metrics) { return std::string{}; },
    [](atom::check) {
      auto health = std::make_shared<health_answer>();
      health->status = health_status::ready;
      return health_ptr{std::move(health)};
    },
    [=](atom::retire, uint64_t, const request_ptr&, const snapshot_ptr& end) {
      running->at(end->id).deliver(end);
      running->erase(end->id);
    },
  };
}

/// Encodes pieces of files, but one whose path says `held` when `sweep` says so.
inline caf::behavior fake_files(caf::event_based_actor* self, journal* notes) {
  auto held = std::make_shared<std::vector<std::function<void()>>>();
  return {
    [=](atom::encode, const file_piece& piece) -> caf::result<std::string> {
      notes->note("encode " + std::to_string(piece.offset));
      if (piece.path.find("held") == piece.path.npos)
        return encode_piece(piece);
      auto promise = self->make_response_promise<std::string>();
      held->push_back([promise, piece]() mutable { promise.deliver(*encode_piece(piece)); });
      return promise;
    },
    [=](atom::sweep, const std::string&) {
      for (auto& deliver : std::exchange(*held, {}))
        deliver();
    },
  };
}

inline caf::behavior fake_stopper(caf::event_based_actor*, journal* notes) {
  return {[=](atom::shutdown) { notes->note("shutdown"); }};
}

/// Has metrics, and none.
inline caf::behavior fake_source_of_metrics(caf::event_based_actor*) {
  return {[](atom::metrics) { return std::string{}; }};
}

}   // namespace cog

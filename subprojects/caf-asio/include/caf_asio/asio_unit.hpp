#pragma once
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <caf/execution_unit.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <chrono>
#include <deque>
#include <thread>

namespace caf_asio {

class asio_unit;

/// Actors that are ready to run, on the one thread that both makes and runs them. Looked at between two handlers of the
/// io_context, so that a hop from actor to actor costs no look at the sockets.
struct run_queue {
  struct entry {
    caf::resumable* job;   // a reference is held
    asio_unit* unit;
  };
  std::deque<entry> entries;
  std::chrono::steady_clock::time_point awake_until;   // or until the next handler runs, if that is earlier

  /// Of this thread; null on threads that are not the only one of a scheduler.
  static inline thread_local run_queue* current = nullptr;
};

/// For an actor that expects an answer by `moment`, sooner than a sleeping thread is awake: the thread, if it is the only
/// one of its scheduler, looks for handlers until then instead of sleeping. It needs a processor that nobody else wants.
inline void stay_awake_until(std::chrono::steady_clock::time_point moment) {
  static const bool alone = std::thread::hardware_concurrency() < 2;
  if (auto* queue = run_queue::current; queue && !alone)
    queue->awake_until = moment;
}

/// Runs actors on an asio executor: only the one it is made for, or any when it is made for none.
class asio_unit : public caf::execution_unit {
public:
  asio_unit(caf::actor_system& sys, boost::asio::any_io_executor where, caf::resumable* only = nullptr)
    : execution_unit{&sys}, where_{std::move(where)}, only_{only} {
    // nop
  }

  void exec_later(caf::resumable* job) override {
    if (only_ && job != only_)   // a message of ours woke somebody else: that one belongs to the scheduler
      system().scheduler().enqueue(job);
    else if (auto* queue = run_queue::current)
      queue->entries.push_back({job, this});
    else
      boost::asio::post(where_,
                        [this, ref = caf::intrusive_ptr<caf::resumable>{job, false}]() mutable { run(ref.detach()); });
  }

  /// Lets a job handle some of its messages; takes over the reference held for it.
  void run(caf::resumable* job) {
    caf::intrusive_ptr<caf::resumable> ref{job, false};
    if (ref->resume(this, max_messages) == caf::resumable::resume_later)
      exec_later(ref.detach());
  }

private:
  static constexpr size_t max_messages = 64;   // per turn, so that sockets get their share
  boost::asio::any_io_executor where_;
  caf::resumable* only_;
};

}   // namespace caf_asio

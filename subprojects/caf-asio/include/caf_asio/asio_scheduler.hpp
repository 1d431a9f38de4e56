#pragma once
#include "caf_asio/asio_unit.hpp"
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <caf/actor_system.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace caf_asio {

/// CAF's scheduler on the threads of an io_context: `cfg.load<asio_scheduler>()` before the actor_system is made. The
/// number of threads is CAF's own `scheduler.max-threads`.
class asio_scheduler : public caf::scheduler::abstract_coordinator {
public:
  using abstract_coordinator::abstract_coordinator;

  static caf::actor_system::module* make(caf::actor_system& sys, caf::detail::type_list<>) {
    return new asio_scheduler(sys);
  }

  /// The scheduler of a system that was configured with it.
  static asio_scheduler& of(caf::actor_system& sys) { return static_cast<asio_scheduler&>(sys.scheduler()); }

  boost::asio::io_context& context() { return *context_; }

  /// Where one pinned actor and its sockets run: a strand of their own, or the context itself when it has one thread.
  boost::asio::any_io_executor make_strand() {
    if (num_workers() == 1)
      return context_->get_executor();
    return boost::asio::make_strand(*context_);
  }

  void enqueue(caf::resumable* job) override { unit_->exec_later(job); }
  caf::actor_clock& clock() noexcept override { return clock_; }

private:
  static constexpr int max_jobs = 64;   // between two looks at the sockets

  void init(caf::actor_system_config& cfg) override {
    abstract_coordinator::init(cfg);
    context_.emplace(static_cast<int>(num_workers()));   // a hint: one thread alone needs fewer wake-ups
    work_.emplace(context_->get_executor());
    unit_.emplace(system(), context_->get_executor());
  }

  /// Without a thread for it the process ends, with exit code 1: CAF can neither run a system that is half made nor take it
  /// down.
  void start() override try {
    for (size_t i = 0; i < num_workers(); ++i)
      threads_.emplace_back([this] {
        if (num_workers() == 1)
          run_alone();
        else
          context_->run();
      });
    timer_ = std::thread{[this] { clock_.run_dispatch_loop(); }};
    abstract_coordinator::start();
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "ERROR: cannot start a thread: %s; raise the limits of processes and memory\n", error.what());
    std::_Exit(1);
  }

  void run_alone() {
    run_queue queue;
    run_queue::current = &queue;
    for (;;) {
      for (int i = 0; i < max_jobs && !queue.entries.empty(); ++i) {
        auto [job, unit] = queue.entries.front();
        queue.entries.pop_front();
        unit->run(job);
      }
      if (!queue.entries.empty())
        context_->poll_one();
      else if (run_handler(queue) == 0)
        break;
    }
    run_queue::current = nullptr;
  }

  /// Waits for a handler and runs it; 0 when the context has stopped.
  size_t run_handler(run_queue& queue) {
    for (auto until = std::exchange(queue.awake_until, {}); std::chrono::steady_clock::now() < until;)
      if (auto count = context_->poll_one())
        return count;
    return context_->run_one();
  }

  void stop() override {
    stop_actors();
    context_->stop();
    for (auto& thread : threads_)
      thread.join();
    context_->restart();
    context_->poll();   // what CAF's own hidden actors still have to do
    clock_.cancel_dispatch_loop();
    timer_.join();
  }

  std::optional<boost::asio::io_context> context_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::optional<asio_unit> unit_;
  std::vector<std::thread> threads_;
  caf::detail::thread_safe_actor_clock clock_;
  std::thread timer_;
};

}   // namespace caf_asio

#pragma once
#include "bench/load_client.hpp"
#include "bench/recorder.hpp"
#include "bench/webhook_receiver.hpp"
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace cog::bench {

/// One step of a run: puts the load on the target until its time is over, and waits for what is under way then, each
/// request no longer than its time-out.
class measurement {
public:
  /// `first` is the number of the first request, beyond all of earlier measurements. `hooks` is null without webhooks.
  /// What is given by reference must outlive this.
  measurement(net::io_context& io, const target& where, const load_settings& settings, const load_step& step,
              const request_text& text, webhook_receiver* hooks, uint64_t first);
  measurement(const measurement&) = delete;
  ~measurement();

  /// Begins; `on_end` is called once, when all is accounted for.
  void start(clock::time_point run_start, std::function<void()> on_end);

  /// Ends it now: what is under way counts as unanswered.
  void interrupt();

  /// When no request is under way any more.
  step_result take_result();

  const step_result& so_far() const { return recorder_.result(); }
  clock::time_point begun() const { return begun_; }

  /// The number for the first request of the next measurement.
  uint64_t next_number() const { return next_; }

private:
  /// A prediction that was accepted and whose webhook is due, or has come before the answer.
  struct pending {
    load_request request;
    bool accepted = false;
    std::optional<outcome> came;
    clock::time_point came_at{};
    std::string text{};   // of what came
  };

  void issue(clock::time_point due);
  void dispatch(const load_request& request);
  load_client* idle_client();
  void set_free(load_client& client);
  void exchange_ended(load_client& client, const outcome& what);
  void note_chunks(const load_client& client);
  void follow_up();
  bool accepted(const load_request& request, clock::time_point now);
  void webhook_came(uint64_t number, prediction_end end, std::string_view body);
  void request_ended(const load_request& request, const outcome& what, clock::time_point now);
  void arrivals();
  void wait(net::steady_timer& timer, clock::time_point until, void (measurement::*then)());
  void sweep();
  void sweep_clients(clock::time_point oldest);
  void sweep_pending(clock::time_point oldest);
  void end_when_done();
  void end();

  const load_settings& settings_;
  load_step step_;
  schedule schedule_;
  recorder recorder_;
  load_client::shared shared_;
  webhook_receiver* hooks_;
  net::steady_timer arrival_, sweeper_;
  std::vector<std::shared_ptr<load_client>> clients_;
  std::vector<load_client*> idle_;
  std::deque<load_request> line_;   // due, without a connection
  std::unordered_map<uint64_t, pending> pending_;
  std::vector<bool> told_;   // by number: its terminal webhook has come
  std::function<void()> on_end_;
  clock::time_point begun_{}, over_at_{};
  double processor_begun_ = 0;   // seconds of processor time
  uint64_t first_, next_;
  uint64_t outstanding_ = 0, outstanding_counted_ = 0;
  bool over_ = false;      // no further request
  bool lingers_ = false;   // over, but for webhooks sent twice
  bool ended_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}   // namespace cog::bench

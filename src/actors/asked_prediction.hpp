#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"
#include "actors/running_prediction.hpp"
#include "actors/worker_settings.hpp"

namespace cog {

/// A prediction that another actor has asked a worker for.
struct asked_prediction final : running_prediction {
  asked_prediction(request_ptr what, prediction_links accompanied_by,
                   caf::typed_response_promise<snapshot_ptr> answered_by, const worker_settings& settings)
    : running_prediction{std::move(what), settings.config.stream_history, settings.config.max_log_bytes,
                         settings.outputs},
      links{std::move(accompanied_by)},
      router{settings.router},
      promise{std::move(answered_by)} {
    awaits_input = links.input_files != nullptr;
    prepared = links.prepared;
  }

  void answer(const snapshot_ptr& end) override { promise.deliver(end); }
  void give_back() override { promise.delegate(router, atom::rerun_v, request, links); }
  void stop_input() override {
    caf::anon_send_exit(std::exchange(links.input_files, nullptr), caf::exit_reason::user_shutdown);
  }

  prediction_links links;   // its streams are those that follow it
  router_actor router;
  caf::typed_response_promise<snapshot_ptr> promise;
};

}   // namespace cog

#pragma once
#include "actors/caf.hpp"
#include "http/services.hpp"
#include "http/settings.hpp"
#include <functional>
#include <utility>

namespace cog {

/// The services as messages of the session to the router and its neighbours.
class actor_services : public services {
public:
  /// `answered` is called after each answer, when whoever it was for has returned.
  actor_services(session_actor::base& self, settings_ptr settings, std::function<void()> answered)
    : self_{self}, settings_{std::move(settings)}, answered_{std::move(answered)} {
    // nop
  }

  void ask_document(reply<document_ptr> to) override;
  void ask_health(reply<health_ptr> to) override;
  void ask_devices(reply<device_report_ptr> to) override;
  void ask_status(reply<server_status> to) override;
  void ask_metrics(reply<std::string> to) override;
  void admit(const request_ptr& wish, reply<bool> to) override;
  void store(const pieces_ptr& pieces, reply<bool> to) override;
  void run(const request_ptr& prediction, bool follows, reply<snapshot_ptr> to) override;
  void run_for(const request_ptr& prediction, std::chrono::milliseconds time, reply<snapshot_ptr> to) override;
  void find(const std::string& id, reply<snapshot_ptr> to) override;
  void watch(const std::string& id, reply<snapshot_ptr> to) override;
  void list(reply<std::vector<snapshot_ptr>> to) override;
  void cancel(const std::string& id, reply<bool> to) override;
  void cancel(const request_ptr& prediction) override;
  void detach(const std::string& id) override;
  void touch(const std::string& path) override;
  void shut_down() override;

private:
  /// Asks an actor that always answers.
  template <class T, class Handle, class... Ts>
  void ask(reply<T> to, const Handle& who, Ts&&... what);
  follower_actor as_follower() const;

  session_actor::base& self_;
  settings_ptr settings_;
  std::function<void()> answered_;
  document_ptr document_;   // once known it stays
};

}   // namespace cog

#pragma once
#include "actors/errc.hpp"
#include "actors/jobs.hpp"
#include "gpu/device_lease.hpp"
#include "http/status_body.hpp"
#include "pool/health_state.hpp"
#include "prediction/schema.hpp"
#include <chrono>
#include <string>
#include <vector>

namespace cog {

/// Who asks.
class asker {
public:
  virtual void on_error(const caf::error& error) = 0;

protected:
  ~asker() = default;
};

/// Where an answer goes: one of the two is called, once. Two pointers, since there is one on the way of each request.
template <class T>
struct reply {
  asker* to = nullptr;
  void (*take)(asker& to, const T& answer) = nullptr;

  void value(const T& answer) const { take(*to, answer); }
  void error(const caf::error& error) const { to->on_error(error); }
};

/// What a request asks of the rest of the server. An answer comes on the asker's thread, at once or later; none comes
/// when the client has left before.
class services {
public:
  services() = default;
  services(const services&) = delete;
  services& operator=(const services&) = delete;
  virtual ~services() = default;

  /// The model's document; null until the model was described.
  virtual void ask_document(reply<document_ptr> to) = 0;
  virtual void ask_health(reply<health_ptr> to) = 0;
  /// Without a driver that answers soon, an empty report.
  virtual void ask_devices(reply<device_report_ptr> to) = 0;
  /// Likewise.
  virtual void ask_status(reply<server_status> to) = 0;
  /// Of all actors, in the text format of Prometheus.
  virtual void ask_metrics(reply<std::string> to) = 0;

  /// As the router's `check`; answers true.
  virtual void admit(const request_ptr& wish, reply<bool> to) = 0;
  /// Writes bytes of files to the disk; answers true.
  virtual void store(const pieces_ptr& pieces, reply<bool> to) = 0;

  /// As the router's `run`. `follows`: the asker gets the prediction's events, maybe before the answer.
  virtual void run(const request_ptr& prediction, bool follows, reply<snapshot_ptr> to) = 0;
  /// Runs without a follower; null when it has not ended within that time, and goes on.
  virtual void run_for(const request_ptr& prediction, std::chrono::milliseconds time, reply<snapshot_ptr> to) = 0;
  virtual void find(const std::string& id, reply<snapshot_ptr> to) = 0;
  /// What has happened in a prediction; unless it has ended, the asker gets its further events after the answer.
  virtual void watch(const std::string& id, reply<snapshot_ptr> to) = 0;
  virtual void list(reply<std::vector<snapshot_ptr>> to) = 0;
  /// Tells whether it is in flight.
  virtual void cancel(const std::string& id, reply<bool> to) = 0;
  /// The client who waited for it has left.
  virtual void cancel(const request_ptr& prediction) = 0;
  /// The client who followed or watched it has left.
  virtual void detach(const std::string& id) = 0;

  /// Makes sure that there is a file of this path.
  virtual void touch(const std::string& path) = 0;
  virtual void shut_down() = 0;
};

}   // namespace cog

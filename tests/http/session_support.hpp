#pragma once
#include "caf_asio/asio_scheduler.hpp"
#include "fake_neighbours.hpp"
#include "http/listener.hpp"
#include "test_client.hpp"
#include <chrono>
#include <future>

namespace cog {

/// A listener on a port of the system's choice, with its sessions, on a thread of its own. Whom it asks are fakes.
class served {
public:
  ~served() {
    notes.clear();
    if (listener_)
      caf::anon_send_exit(listener_, caf::exit_reason::user_shutdown);
    for (auto& actor : {caf::actor_cast<caf::actor>(router_), caf::actor_cast<caf::actor>(files_),
                        caf::actor_cast<caf::actor>(registry_), caf::actor_cast<caf::actor>(stopper_),
                        caf::actor_cast<caf::actor>(devices_)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  /// Serves those who have come, and those to come, by `rules` and `write_timeout` as they are now.
  void start() {
    auto settings = std::make_shared<http_settings>(
      http_settings{rules, router_, files_, registry_, stopper_, devices_, write_timeout});
    auto strand = acceptor_.get_executor();
    listener_ = caf::actor_cast<listener_actor>(system_.spawn<listener>(strand, std::move(acceptor_), settings));
  }

  test_client connect(int receive_buffer = 0) {
    if (!listener_)
      start();
    test_client client{port_, receive_buffer};
    REQUIRE(client.is_connected());
    return client;
  }

  /// A client whose prediction runs, with more behind its request.
  test_client predict(const std::string& id, const std::string& behind = {}, const std::string& fields = {},
                      int receive_buffer = 0) {
    auto client = connect(receive_buffer);
    client.send(exchange_fixture::with_body("POST", "/predictions", "{\"id\":\"" + id + "\"}", fields) + behind);
    REQUIRE(notes.comes("run " + id));
    return client;
  }

  /// The prediction ends with this output, which is JSON; with a file in place of it if there is one.
  void finish(const std::string& id, const std::string& output = "\"hello\"", std::vector<output_file> files = {}) {
    auto end = std::make_shared<prediction_snapshot>(*make_snapshot(id));
    end->output.json = output;
    end->output.files = std::move(files);
    caf::anon_send(router_, atom::retire_v, uint64_t{0}, request_ptr{}, snapshot_ptr{std::move(end)});
  }

  /// To the stream of this prediction.
  void tell(const std::string& id, const event_ptr& event) {
    caf::anon_send(notes.follower("run " + id), atom::event_v, event);
  }

  void release_files() { caf::anon_send(files_, atom::sweep_v, std::string{}); }

  /// Waits until the server has so many connections, turn by turn of its thread.
  bool comes_to_connections(size_t count) {
    auto wanted = "cog_http_connections " + std::to_string(count) + "\n";
    for (auto end = std::chrono::steady_clock::now() + test_limit; std::chrono::steady_clock::now() < end;) {
      if (rules.counters->text().find(wanted) != std::string::npos)
        return true;
      turn();
    }
    return false;
  }

  /// Until the server's thread has done what it has to do now.
  void turn() {
    std::promise<void> turned;
    net::post(caf_asio::asio_scheduler::of(system_).context(), [&] { turned.set_value(); });
    turned.get_future().wait();
  }

  uint16_t port() const { return port_; }
  const listener_actor& listening() const { return listener_; }
  caf::actor_system& system() { return system_; }

  http_rules rules{{}, {}, std::make_shared<http_counters>(), make_account(1 << 30), make_account(1 << 30), {}};
  real_seconds write_timeout{0};
  journal notes;

private:
  struct config : caf::actor_system_config {
    config() {
      load<caf_asio::asio_scheduler>();
      set("scheduler.max-threads", size_t{1});
      add_message_types<caf::id_block::cog>();
    }
  };

  config config_;
  caf::actor_system system_{config_};
  router_actor router_ = caf::actor_cast<router_actor>(system_.spawn(fake_router, &notes));
  files_actor files_ = caf::actor_cast<files_actor>(system_.spawn(fake_files, &notes));
  webhook_registry_actor registry_ = caf::actor_cast<webhook_registry_actor>(system_.spawn(fake_source_of_metrics));
  stopper_actor stopper_ = caf::actor_cast<stopper_actor>(system_.spawn(fake_stopper, &notes));
  devices_actor devices_ = caf::actor_cast<devices_actor>(system_.spawn(fake_source_of_metrics));
  net::ip::tcp::acceptor acceptor_{caf_asio::asio_scheduler::of(system_).make_strand(),
                                   {net::ip::address_v4::loopback(), 0}};
  const uint16_t port_ = acceptor_.local_endpoint().port();
  listener_actor listener_;
};

}   // namespace cog

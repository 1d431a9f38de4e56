#include "actors/worker.hpp"
#include "caf_asio/asio_scheduler.hpp"
#include <doctest/doctest.h>

using namespace cog;
using caf_asio::asio_scheduler;

namespace {

struct config : caf::actor_system_config {
  config() {
    load<asio_scheduler>();
    set("scheduler.max-threads", uint64_t{1});
    add_message_types<caf::id_block::cog>();
  }
};

/// Stands for the router: takes back what a worker cannot begin, and tells which cancels reach it.
caf::behavior taking_back(caf::event_based_actor*, const caf::actor& observer) {
  return {
    [](atom::retire, uint64_t, const request_ptr&, const snapshot_ptr&) { /* nop */ },
    [](atom::rerun, const request_ptr&, const prediction_links&) -> caf::result<snapshot_ptr> {
      return make_error(errc::not_ready);
    },
    [observer](atom::cancel, const request_ptr& request) { caf::anon_send(observer, request->id); },
  };
}

}   // namespace

TEST_CASE("worker: a cancel of what was given back, since there is no process, goes after it to the router") {
  config cfg;
  caf::actor_system system{cfg};
  caf::scoped_actor self{system};
  auto router = system.spawn(taking_back, caf::actor{self});
  auto settings = std::make_shared<worker_settings>();
  settings->router = caf::actor_cast<router_actor>(router);
  auto under_test = caf::actor_cast<worker_actor>(system.spawn<worker>(
    asio_scheduler::of(system).make_strand(), uint64_t{0}, description_ptr{}, std::move(settings)));
  auto request = std::make_shared<prediction_request>();
  request->id = std::string{"a"};   // GCC 12 sees a false overlap in an assignment of the literal
  caf::anon_send(under_test, atom::run_v, request_ptr{request}, prediction_links{});
  caf::anon_send(under_test, atom::cancel_v, request_ptr{request});
  self->receive([](const std::string& id) { CHECK(id == "a"); },
                caf::after(std::chrono::seconds{30}) >> [] { FAIL("the cancel has gone nowhere"); });
  caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
}

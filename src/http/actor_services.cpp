#include "http/actor_services.hpp"
#include <chrono>

namespace cog {

namespace {

constexpr std::chrono::seconds driver_limit{2};   // a driver that does not answer delays nothing else

}   // namespace

template <class T, class Handle, class... Ts>
void actor_services::ask(reply<T> to, const Handle& who, Ts&&... what) {
  self_.request(who, caf::infinite, std::forward<Ts>(what)...)
    .then(
      [this, to](const T& answer) {
        to.value(answer);
        answered_();
      },
      [this, to](const caf::error& error) {
        to.error(error);
        answered_();
      });
}

void actor_services::ask_document(reply<document_ptr> to) {
  if (document_)
    return to.value(document_);
  self_.request(settings_->router, caf::infinite, atom::document_v)
    .then(
      [this, to](const document_ptr& document) {
        if (!settings_->config.reload)   // else it may change
          document_ = document;
        to.value(document);
        answered_();
      },
      [this, to](const caf::error& error) {
        to.error(error);
        answered_();
      });
}

void actor_services::ask_health(reply<health_ptr> to) {
  ask(to, settings_->router, atom::check_v);
}

void actor_services::ask_devices(reply<device_report_ptr> to) {
  self_.request(settings_->devices, driver_limit, atom::inventory_v)
    .then(
      [this, to](const device_report_ptr& report) {
        to.value(report);
        answered_();
      },
      [this, to](const caf::error&) {
        to.value(std::make_shared<device_report>());
        answered_();
      });
}

void actor_services::ask_status(reply<server_status> to) {
  auto found = std::make_shared<server_status>();
  auto fail = [this, to](const caf::error& error) {
    to.error(error);
    answered_();
  };
  auto finish = [this, to, found](device_report_ptr devices) {
    found->devices = std::move(devices);
    to.value(*found);
    answered_();
  };
  auto ask_devices = [this, found, finish](const std::vector<process_usage>& usage) {
    found->usage = usage;
    self_.request(settings_->devices, driver_limit, atom::check_v).then(finish, [finish](const caf::error&) {
      finish(std::make_shared<device_report>());
    });
  };
  auto ask_files = [this, found, ask_devices, fail](const webhook_counts& webhooks) {
    found->webhooks = webhooks;
    self_.request(settings_->files, caf::infinite, atom::check_v, found->pool).then(ask_devices, fail);
  };
  auto ask_webhooks = [this, found, ask_files, fail](const status_ptr& pool) {
    found->pool = pool;
    self_.request(settings_->webhook_registry, caf::infinite, atom::check_v).then(ask_files, fail);
  };
  self_.request(settings_->router, caf::infinite, atom::report_v).then(ask_webhooks, fail);
}

void actor_services::ask_metrics(reply<std::string> to) {
  auto fail = [this, to](const caf::error& error) {
    to.error(error);
    answered_();
  };
  auto succeed = [this, to](const std::string& text) {
    to.value(text);
    answered_();
  };
  auto ask_devices = [this, succeed](const std::string& text) {
    self_.request(settings_->devices, driver_limit, atom::metrics_v)
      .then([succeed, text](const std::string& devices) { succeed(text + devices); },
            [succeed, text](const caf::error&) { succeed(text); });
  };
  auto ask_webhooks = [this, ask_devices, fail](const std::string& pool) {
    self_.request(settings_->webhook_registry, caf::infinite, atom::metrics_v)
      .then([ask_devices, pool](const std::string& webhooks) { ask_devices(pool + webhooks); }, fail);
  };
  self_.request(settings_->router, caf::infinite, atom::metrics_v).then(ask_webhooks, fail);
}

void actor_services::admit(const request_ptr& wish, reply<bool> to) {
  ask(to, settings_->router, atom::check_v, wish);
}

void actor_services::store(const pieces_ptr& pieces, reply<bool> to) {
  ask(to, settings_->files, atom::store_v, pieces);
}

void actor_services::run(const request_ptr& prediction, bool follows, reply<snapshot_ptr> to) {
  ask(to, settings_->router, atom::run_v, prediction, follows ? as_follower() : follower_actor{});
}

void actor_services::run_for(const request_ptr& prediction, std::chrono::milliseconds time, reply<snapshot_ptr> to) {
  self_.request(settings_->router, time, atom::run_v, prediction, follower_actor{})
    .then(
      [this, to](const snapshot_ptr& end) {
        to.value(end);
        answered_();
      },
      [this, to](const caf::error& error) {
        if (error == caf::sec::request_timeout)
          to.value(nullptr);
        else
          to.error(error);
        answered_();
      });
}

void actor_services::find(const std::string& id, reply<snapshot_ptr> to) {
  ask(to, settings_->router, atom::find_v, id);
}

void actor_services::watch(const std::string& id, reply<snapshot_ptr> to) {
  ask(to, settings_->router, atom::watch_v, id, as_follower());
}

void actor_services::list(reply<std::vector<snapshot_ptr>> to) {
  ask(to, settings_->router, atom::find_v);
}

void actor_services::cancel(const std::string& id, reply<bool> to) {
  ask(to, settings_->router, atom::cancel_v, id);
}

void actor_services::cancel(const request_ptr& prediction) {
  self_.send(settings_->router, atom::cancel_v, prediction);
}

void actor_services::detach(const std::string& id) {
  self_.send(settings_->router, atom::detach_v, id, as_follower());
}

void actor_services::touch(const std::string& path) {
  self_.send(settings_->files, atom::touch_v, path);
}

void actor_services::shut_down() {
  self_.send(settings_->stopper, atom::shutdown_v);
}

follower_actor actor_services::as_follower() const {
  return caf::actor_cast<follower_actor>(caf::strong_actor_ptr{self_.ctrl()});
}

}   // namespace cog

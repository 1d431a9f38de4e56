#pragma once
#include "caf_asio/asio_unit.hpp"
#include <caf/actor_config.hpp>
#include <caf/mailbox_element.hpp>

namespace caf_asio {

/// An actor whose handlers run on one strand: `class connection : public pinned<connection_actor::base>`. Handlers of its
/// sockets on the same strand and of its mailbox never overlap.
/// An asio operation of it captures `this` and a `caf::strong_actor_ptr{ctrl()}`, and closes its sockets in `on_exit`.
template <class Base>
class pinned : public Base {
public:
  template <class... Ts>
  pinned(caf::actor_config& cfg, boost::asio::any_io_executor strand, Ts&&... xs)
    : Base(cfg, std::forward<Ts>(xs)...), strand_{std::move(strand)}, unit_{this->home_system(), strand_, this} {
    // nop
  }

  using Base::enqueue;   // the overloads that the next line would hide

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override { Base::enqueue(std::move(what), &unit_); }

  void launch(caf::execution_unit*, bool lazy, bool hide) override { Base::launch(&unit_, lazy, hide); }

  const boost::asio::any_io_executor& strand() const { return strand_; }

private:
  boost::asio::any_io_executor strand_;
  asio_unit unit_;
};

}   // namespace caf_asio

#include "io/deadline.hpp"

namespace cog {

struct deadline::state {
  net::steady_timer timer;
  std::function<void()> expired;
  clock::time_point due = clock::time_point::max();
  clock::time_point armed = clock::time_point::max();   // when the timer fires
};

deadline::deadline(const net::any_io_executor& where, std::function<void()> expired)
  : state_{std::make_shared<state>(state{net::steady_timer{where}, std::move(expired)})} {
  // nop
}

deadline::~deadline() {
  state_->due = clock::time_point::max();
  state_->expired = nullptr;
  state_->timer.cancel();
}

void deadline::clear() {
  state_->due = clock::time_point::max();
}

bool deadline::is_set() const {
  return state_->due != clock::time_point::max();
}

void deadline::set_at(clock::time_point moment) {
  state_->due = moment;
  if (moment < state_->armed)
    arm(state_);
}

void deadline::arm(const std::shared_ptr<state>& shared) {
  shared->armed = shared->due;
  shared->timer.expires_at(shared->due);
  shared->timer.async_wait([shared](const boost::system::error_code& error) {
    if (error)   // armed anew, or stopped
      return;
    shared->armed = clock::time_point::max();
    if (shared->due == clock::time_point::max())
      return;
    if (shared->due > clock::now())
      return arm(shared);
    shared->due = clock::time_point::max();
    if (shared->expired)
      std::function<void()>{shared->expired}();   // a copy: it may destroy us
  });
}

}   // namespace cog

#pragma once
#include "actors/alarm.hpp"
#include "io/deadline.hpp"
#include <functional>

namespace cog {

/// The alarm of an actor with a strand.
class deadline_alarm final : public alarm {
public:
  deadline_alarm(const net::any_io_executor& where, std::function<void()> rings) : deadline_{where, std::move(rings)} {
    // nop
  }

  clock::time_point now() const override { return clock::now(); }
  void set_at(clock::time_point moment) override { deadline_.set_at(moment); }
  void clear() override { deadline_.clear(); }

private:
  deadline deadline_;
};

}   // namespace cog

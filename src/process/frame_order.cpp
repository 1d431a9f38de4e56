#include "process/frame_order.hpp"

namespace cog {

std::string_view to_string(frame_kind kind) {
  switch (kind) {
    case frame_kind::run:
      return "run";
    case frame_kind::batch:
      return "batch";
    case frame_kind::hello:
      return "hello";
    case frame_kind::described:
      return "described";
    case frame_kind::ready:
      return "ready";
    case frame_kind::setup_failed:
      return "setup_failed";
    case frame_kind::output:
      return "output";
    case frame_kind::log:
      return "log";
    case frame_kind::metric:
      return "metric";
    case frame_kind::done:
      return "done";
    case frame_kind::poisoned:
      return "poisoned";
    case frame_kind::cancel:
      return "cancel";
    case frame_kind::healthcheck:
      return "healthcheck";
    case frame_kind::ping:
      return "ping";
    case frame_kind::end:
      return "end";
    case frame_kind::lease:
      return "lease";
    case frame_kind::health:
      return "health";
    case frame_kind::pong:
      return "pong";
  }
  return {};
}

std::string frame_order::take(worker_socket from, frame_kind kind) {
  bool on_data = from == worker_socket::data;
  bool in_order = false;
  switch (kind) {
    case frame_kind::output:
    case frame_kind::metric:
    case frame_kind::poisoned:
      in_order = on_data && step_ == step::ready;
      break;
    case frame_kind::done:
      in_order = step_ == step::ready;
      break;
    case frame_kind::log:
      in_order = on_data;
      break;
    case frame_kind::health:
    case frame_kind::pong:
      in_order = !on_data && step_ == step::ready;
      break;
    case frame_kind::hello:
      in_order = on_data && step_ == step::started;
      step_ = step::hello;
      break;
    case frame_kind::described:
      in_order = on_data && step_ == step::hello;
      step_ = step::described;
      break;
    case frame_kind::ready:
      in_order = on_data && step_ == step::described;
      step_ = step::ready;
      break;
    case frame_kind::setup_failed:
      in_order = on_data && (step_ == step::hello || step_ == step::described);
      step_ = step::setup_failed;
      break;
    case frame_kind::run:
    case frame_kind::batch:
    case frame_kind::cancel:
    case frame_kind::healthcheck:
    case frame_kind::ping:
    case frame_kind::end:
    case frame_kind::lease:
      break;
  }
  if (in_order)
    return {};
  auto name = to_string(kind);
  if (name.empty())
    return "a frame of the unknown kind " + std::to_string(static_cast<int>(kind));
  return std::string{"an unexpected "}.append(name).append(" frame on the ").append(on_data ? "data" : "control") +
    " socket";
}

}   // namespace cog

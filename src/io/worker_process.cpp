#include "io/worker_process.hpp"
#include "io/death.hpp"
#include "io/process_tree.hpp"
#include <array>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>

namespace cog {

using boost::system::error_code;

worker_process::worker_process(const net::any_io_executor& where, subprocess child, std::shared_ptr<reaper> children,
                               process_listener& listener)
  : child_{std::move(child)},
    children_{std::move(children)},
    listener_{&listener},
    data_{where, net::local::stream_protocol{}, child_.data.release()},
    control_{where, net::local::stream_protocol{}, child_.control.release()},
    out_{where, child_.out.release()},
    err_{where, child_.err.release()},
    death_{where, child_.pidfd.release()},
    kills_before_{out_of_memory_kills()} {
  // nop
}

void worker_process::start() {
  data_.non_blocking(true);
  control_.non_blocking(true);
  out_.non_blocking(true);
  err_.non_blocking(true);
  read_frames(data_, data_frames_);
  read_frames(control_, control_frames_);
  watch_pipe(out_, log_source::out);
  watch_pipe(err_, log_source::err);
  death_.async_wait(net::posix::descriptor_base::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error && self->listener_)
      self->on_dead();
  });
}

void worker_process::detach() {
  if (!std::exchange(listener_, nullptr))
    return;
  if (!dead_) {
    end_group(child_.pid);
    children_->abandon(child_.pid);
  }
  close();
}

void worker_process::close() {
  error_code ignored;
  data_.close(ignored);
  control_.close(ignored);
  out_.close(ignored);
  err_.close(ignored);
  death_.close(ignored);
  child_.lifeline.reset();
  unsent_.clear();
}

void worker_process::kill() {
  if (listener_ && !dead_)
    end_group(child_.pid);
}

void worker_process::read_frames(net::local::stream_protocol::socket& socket, frame_reader& reader) {
  auto space = reader.prepare();
  socket.async_read_some(net::buffer(space.data(), space.size()),
                         [self = shared_from_this(), &socket, &reader](const error_code& error, size_t count) {
                           if (!self->listener_)
                             return;
                           if (error)
                             return self->on_end();
                           reader.commit(count);
                           self->tell_frames(reader);
                           if (self->listener_)
                             self->read_frames(socket, reader);
                         });
}

void worker_process::tell_frames(frame_reader& reader) {
  while (listener_) {
    auto next = reader.next();
    if (!next)
      break;
    listener_->on_frame(*next);
  }
  if (!reader.problem().empty() && listener_) {
    spdlog::error("worker: protocol-broken, pid={} problem={}", child_.pid, reader.problem());
    kill();
  }
}

void worker_process::watch_pipe(net::posix::stream_descriptor& pipe, log_source source) {
  pipe.async_wait(net::posix::descriptor_base::wait_read,
                  [self = shared_from_this(), &pipe, source](const error_code& error) {
                    if (!error && self->listener_ && self->read_pipe(pipe, source) && self->listener_)
                      self->watch_pipe(pipe, source);
                  });
}

bool worker_process::read_pipe(net::posix::stream_descriptor& pipe, log_source source) {
  std::array<char, 65536> buffer;
  error_code error;
  auto count = pipe.read_some(net::buffer(buffer), error);
  if (count > 0)
    listener_->on_pipe(source, {buffer.data(), count});
  return !error || error == net::error::would_block;
}

void worker_process::read_pipes() {
  std::array<pollfd, 2> pipes{pollfd{out_.native_handle(), POLLIN, 0}, pollfd{err_.native_handle(), POLLIN, 0}};
  if (poll(pipes.data(), pipes.size(), 0) <= 0)
    return;
  auto read_what_is_there = [this](const pollfd& state, net::posix::stream_descriptor& pipe, log_source source) {
    int waiting = 0;
    if ((state.revents & POLLIN) == 0 || ioctl(state.fd, FIONREAD, &waiting) != 0)
      return;
    for (int left = waiting; left > 0 && listener_; left -= 65536)
      if (!read_pipe(pipe, source))
        break;
  };
  read_what_is_there(pipes[0], out_, log_source::out);
  read_what_is_there(pipes[1], err_, log_source::err);
}

void worker_process::send(std::string head, std::string_view body, std::shared_ptr<const void> holder) {
  outgoing message{std::move(head), body, std::move(holder)};
  if (unsent_.empty() && write_now(message))
    return;
  if (!listener_ || broken_)
    return;
  unsent_.push_back(std::move(message));
  if (unsent_.size() == 1)
    write_rest();
}

bool worker_process::write_now(outgoing& message) {
  auto size = message.head.size() + message.body.size();
  while (message.written < size) {
    std::array<net::const_buffer, 2> parts{net::buffer(message.head), net::buffer(message.body)};
    auto skip = message.written;
    for (auto& part : parts) {
      auto skipped = std::min(skip, part.size());
      part += skipped;
      skip -= skipped;
    }
    error_code error;
    message.written += data_.write_some(parts, error);
    if (error) {
      broken_ = error != net::error::would_block;   // the process is dying: its pidfd will tell
      return false;
    }
  }
  return true;
}

void worker_process::write_rest() {
  data_.async_wait(net::socket_base::wait_write, [self = shared_from_this()](const error_code& error) {
    while (!error && !self->unsent_.empty() && self->write_now(self->unsent_.front()))
      self->unsent_.pop_front();
    if (error || self->broken_)
      self->unsent_.clear();
    else if (!self->unsent_.empty())
      self->write_rest();
  });
}

void worker_process::send_control(const std::string& frame) {
  error_code ignored;   // a few bytes; a full buffer means that the process is beyond listening
  if (listener_)
    control_.write_some(net::buffer(frame), ignored);
}

void worker_process::on_dead() {
  end_group(child_.pid);
  auto info = children_->collect(child_.pid);
  bool out_of_memory = info && info->si_status == SIGKILL && out_of_memory_kills() > kills_before_;
  cause_ = info ? death_cause(*info, out_of_memory) : std::string{"unknown cause"};
  dead_ = true;
  // What it has sent can still be read; then the sockets end, even if a descendant holds the other ends.
  error_code ignored;
  data_.shutdown(net::socket_base::shutdown_both, ignored);
  control_.shutdown(net::socket_base::shutdown_both, ignored);
  finish();
}

void worker_process::on_end() {
  --open_sockets_;
  if (dead_)
    finish();
  else
    kill();
}

void worker_process::finish() {
  if (open_sockets_ > 0)
    return;
  read_pipes();
  close();
  if (auto* listener = std::exchange(listener_, nullptr))
    listener->on_death(cause_);
}

}   // namespace cog

#include "process/worker_process.hpp"
#include "process/exit_cause.hpp"
#include "process/process_tree.hpp"
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
    data_{net::local::stream_protocol::socket{where}, {}, {}},
    control_{net::local::stream_protocol::socket{where}, {}, {}},
    out_{where},
    err_{where},
    death_{where},
    kills_before_{out_of_memory_kills()} {
  // nop
}

bool worker_process::start(std::string& problem) {
  if (auto error = open()) {
    problem = "cannot watch the worker process: " + error.message();
    detach();
    return false;
  }
  read_frames(data_);
  read_frames(control_);
  watch_pipe(out_, log_source::out);
  watch_pipe(err_, log_source::err);
  death_.async_wait(net::posix::descriptor_base::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error && self->listener_)
      self->on_dead();
  });
  return true;
}

error_code worker_process::open() {
  error_code error;
  auto adopt = [&error](unique_fd& fd, auto& target, auto... protocol) {
    if (error)
      return;
    target.assign(protocol..., fd.get(), error);
    if (error)
      return;
    fd.release();
    target.non_blocking(true, error);
  };
  adopt(child_.data, data_.socket, net::local::stream_protocol{});
  adopt(child_.control, control_.socket, net::local::stream_protocol{});
  adopt(child_.out, out_);
  adopt(child_.err, err_);
  adopt(child_.pidfd, death_);
  return error;
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
  data_.socket.close(ignored);
  control_.socket.close(ignored);
  out_.close(ignored);
  err_.close(ignored);
  death_.close(ignored);
  child_.lifeline.reset();
  data_.unsent.clear();
  control_.unsent.clear();
}

void worker_process::kill() {
  if (listener_ && !dead_)
    end_group(child_.pid);
}

void worker_process::reject(const std::string& problem) {
  if (!broken_rule_.empty())
    return;
  spdlog::error("worker: protocol-broken, pid={} problem={}", child_.pid, problem);
  broken_rule_ = problem;
  kill();
}

void worker_process::break_off(const std::string& problem) {
  if (!listener_ || dead_ || std::exchange(broken_, true))
    return;
  listener_->on_broken(problem);
  kill();
}

void worker_process::read_frames(stream& from) try {
  auto space = from.frames.prepare();
  from.socket.async_read_some(net::buffer(space.data(), space.size()),
                              [self = shared_from_this(), &from](const error_code& error, size_t count) {
                                if (!self->listener_)
                                  return;
                                if (error)
                                  return self->on_end(error);
                                from.frames.commit(count);
                                self->tell_frames(from);
                                if (self->listener_)
                                  self->read_frames(from);
                              });
} catch (const std::bad_alloc&) {
  on_end(net::error::no_memory);
}

void worker_process::tell_frames(stream& from) try {
  auto which = &from == &data_ ? worker_socket::data : worker_socket::control;
  while (listener_) {
    auto next = from.frames.next();
    if (!next)
      break;
    if (broken_rule_.empty())
      listener_->on_frame(which, *next);
  }
  if (!from.frames.problem().empty() && listener_)
    reject(from.frames.problem());
} catch (const std::bad_alloc&) {
  break_off("the server has no memory for what it says");
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
  if (!error || error == net::error::would_block || error == net::error::interrupted)
    return true;
  if (error != net::error::eof)   // unread, the pipe would fill up and stop the model
    break_off("what it prints cannot be read: " + error.message());
  return false;
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
  queue(data_, {std::move(head), body, std::move(holder)});
}

void worker_process::send_control(std::string frame) {
  queue(control_, {std::move(frame), {}, nullptr});
}

void worker_process::queue(stream& to, outgoing message) {
  if (!listener_ || broken_ || (to.unsent.empty() && write_now(to, message)) || broken_)
    return;
  to.unsent.push_back(std::move(message));
  if (to.unsent.size() == 1)
    write_rest(to);
}

bool worker_process::write_now(stream& to, outgoing& message) {
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
    message.written += to.socket.write_some(parts, error);
    if (error == net::error::would_block)
      return false;
    if (error == net::error::broken_pipe || error == net::error::connection_reset) {
      broken_ = true;
      kill();
      return false;
    }
    if (error && error != net::error::interrupted) {
      break_off("it cannot be written to: " + error.message());
      return false;
    }
  }
  return true;
}

void worker_process::write_rest(stream& to) {
  to.socket.async_wait(net::socket_base::wait_write, [self = shared_from_this(), &to](const error_code& error) {
    if (error)
      return self->break_off("it cannot be written to: " + error.message());
    while (!self->broken_ && !to.unsent.empty() && self->write_now(to, to.unsent.front()))
      to.unsent.pop_front();
    if (self->broken_)
      to.unsent.clear();
    else if (!to.unsent.empty())
      self->write_rest(to);
  });
}

void worker_process::on_dead() {
  end_group(child_.pid);
  auto info = children_->collect(child_.pid);
  bool out_of_memory = info && info->si_status == SIGKILL && out_of_memory_kills() > kills_before_;
  cause_ = !broken_rule_.empty() ? "it broke the worker protocol: " + broken_rule_
    : info                       ? exit_cause(*info, out_of_memory)
                                 : std::string{"unknown cause"};
  dead_ = true;
  // What it has sent can still be read; then the sockets end, even if a descendant holds the other ends.
  error_code ignored;
  data_.socket.shutdown(net::socket_base::shutdown_both, ignored);
  control_.socket.shutdown(net::socket_base::shutdown_both, ignored);
  finish();
}

void worker_process::on_end(const error_code& error) {
  --open_sockets_;
  if (dead_)
    return finish();
  if (error != net::error::eof && error != net::error::connection_reset)
    break_off("what it says cannot be read: " + error.message());
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

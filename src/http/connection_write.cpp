#include "http/connection.hpp"
#include "io/log.hpp"
#include <array>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr std::chrono::seconds write_time{30};   // in which a reader must take something

}   // namespace

void connection::respond(http_response response) {
  answer_text body;
  if (!response.body.empty())
    body.emplace_back(std::move(response.body));
  respond(response, std::move(body));
}

void connection::respond(const http_response& response, answer_text body) {
  count_answer(response.status);
  phase_ = phase::writing;
  deadline_.clear();
  out_ = make_head(response, content_length(body), !closing_ && request_ && request_->keep_alive());
  written_ = 0;
  stream_ = request_ && request_->method == "HEAD" ? body_stream{} : body_stream{std::move(body)};
  write_more();
}

void connection::write_more() {
  constexpr size_t small = 16 * 1024;
  while (!gone_) {
    while (out_.size() - written_ < small && !stream_.empty()) {
      auto [text, piece] = stream_.next();
      out_.erase(0, std::exchange(written_, 0));
      out_ += text;
      if (piece) {
        waiting_to_write_ = true;
        request(settings_->files, caf::infinite, atom::encode_v, *piece)
          .then(
            [this](const std::string& base64) {
              waiting_to_write_ = false;
              out_ += base64;
              write_more();
            },
            [this](const caf::error& error) {
              spdlog::error("connection: output-file-unreadable, error={}", text_of(error));
              leave();
            });
        return;
      }
    }
    if (written_ == out_.size()) {
      if (phase_ == phase::streaming) {
        if (!next_event())
          return;
        continue;
      }
      return on_written();
    }
    boost::system::error_code error;
    written_ += socket_.write_some(net::buffer(out_.data() + written_, out_.size() - written_), error);
    if (error == net::error::would_block) {
      waiting_to_write_ = true;
      if (phase_ != phase::streaming)   // who reads a stream slowly is waited for
        deadline_.set(write_time);
      socket_.async_wait(net::socket_base::wait_write,
                         [this, ref = caf::strong_actor_ptr{ctrl()}](const boost::system::error_code& failure) {
                           waiting_to_write_ = false;
                           if (failure)
                             leave();
                           else
                             write_more();
                         });
      return;
    }
    if (error)
      return leave();
  }
}

void connection::write(std::string_view text) {
  boost::system::error_code ignored;   // a client that takes not even this will be seen gone by the next read
  socket_.write_some(net::buffer(text.data(), text.size()), ignored);
}

void connection::count_answer(unsigned status) {
  status_ = status;
  settings_->counters->count(route_.where, status);
}

void connection::log_request(std::string_view end) const {
  if (!is_logged(log_target::http, log_level::debug) || !request_)
    return;
  std::chrono::duration<double> duration = std::chrono::steady_clock::now() - asked_;
  auto& id = prediction_ ? prediction_->id : result_ ? result_->id : route_.id;
  std::array<log_field, 5> fields{{{"method", request_->method},
                                   {"path", request_->target},
                                   {"status", uint64_t{status_}},
                                   {"duration", duration.count()},
                                   {"prediction_id", id}}};
  write_log(log_target::http, log_level::debug, end, std::span{fields.data(), id.empty() ? 4U : 5U});
}

void connection::on_written() {
  log_request("Request answered");
  out_.clear();
  written_ = 0;
  result_ = nullptr;
  prediction_ = nullptr;
  follows_ = false;
  if (reserved_ > 0) {
    reserved_ = 0;
    caf::anon_send(listener_, atom::reserve_v, number_, uint64_t{0});
  }
  if (closing_ || !request_ || !request_->keep_alive())
    return linger();
  request_.reset();
  phase_ = phase::idle;
  deadline_.set(settings_->config.idle_timeout);
  advance();
}

void connection::linger() {
  // Closing a socket that holds unread bytes would reset it, and the client might lose the answer.
  phase_ = phase::lingering;
  if (request_ && request_->is_done() && begin_ == end_)
    return leave();
  deadline_.set(linger_time);
  boost::system::error_code ignored;
  socket_.shutdown(net::socket_base::shutdown_send, ignored);
  if (!reading_)
    begin_ = end_ = 0;
  read();
}

}   // namespace cog

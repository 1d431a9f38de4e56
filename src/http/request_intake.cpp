#include "http/request_intake.hpp"
#include <algorithm>
#include <new>
#include <utility>

namespace cog {

namespace {

constexpr uint64_t heads_of_form = 32 << 20;   // bytes: 1000 parts of 16 KiB each, and boundaries
constexpr size_t read_ahead = 64 * 1024;       // while an answer is due

}   // namespace

bool request_intake::is_ahead() const {
  return buffer_.bytes().size() >= read_ahead;
}

uint64_t request_intake::upload_limit_of(const server_config& config) {
  constexpr uint64_t most = UINT64_MAX / 4;
  return std::min(most, config.max_upload_bytes) + std::min(most, config.max_body_bytes) + heads_of_form;
}

std::span<char> request_intake::room(bool receiving) {
  if (!receiving && buffer_.bytes().empty())
    buffer_.shrink();
  // A body whose length is known comes with few calls to the kernel.
  return buffer_.room(receiving && header_seen_ ? request_->content_length_remaining().value_or(read_ahead) : 0);
}

bool request_intake::begin() {
  buffer_.take(http_request::count_empty_lines(buffer_.bytes()));
  if (auto bytes = buffer_.bytes(); bytes.empty() || bytes == "\r")
    return false;
  request_.emplace();
  request_->body_limit(rules_.config.max_body_bytes);
  request_->memory = memory_lease{rules_.bodies};
  request_->upload_limit = upload_limit_;
  request_->fair_by = rules_.config.fair_by;
  begun_seen_ = false;
  header_seen_ = false;
  body_seen_ = 0;
  return true;
}

request_intake::step request_intake::take() {
  if (!request_ && !begin())
    return step::nothing;
  try {
    buffer_.take(request_->take(buffer_.bytes()));
  } catch (const std::bad_alloc&) {
    return refuse(out_of_memory_response());
  }
  if (auto& refused = request_->refused(); refused.status != 0) {
    auto response = text_response(refused.status, refused.text);
    response.close = true;
    return refuse(std::move(response));
  }
  if (!request_->is_header_done())
    return std::exchange(begun_seen_, true) ? step::more : step::begun;
  return std::exchange(header_seen_, true) ? step::body : step::header;
}

request_intake::step request_intake::count_body() {
  auto& body = request_->body;
  auto& memory = request_->memory;
  bool done = request_->is_done();
  uint64_t needed = body.size();
  if (!done && request_->keep_body)
    needed = request_->content_length().value_or(needed > memory.bytes() ? 2 * needed : needed);
  if (!memory.grow_to(needed)) {
    auto response = try_later_response("Too many request bodies in memory; try again later");
    response.close = !done;
    return refuse(std::move(response));
  }
  if (done)
    return step::complete;
  try {
    request_->reserve_body(needed);
  } catch (const std::bad_alloc&) {
    return refuse(out_of_memory_response());
  }
  return step::more;
}

uint64_t request_intake::new_body_bytes() {
  auto before = std::exchange(body_seen_, request_->body_size);
  return body_seen_ - before;
}

request_intake::step request_intake::refuse(http_response response) {
  std::string{}.swap(request_->body);
  refusal_ = std::move(response);
  return step::refused;
}

}   // namespace cog

#pragma once
#include "http/receive_buffer.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "http/rules.hpp"
#include <optional>

namespace cog {

/// The requests of one client, made of its bytes one after the other. Knows no socket; what it may hold is counted.
class request_intake {
public:
  /// What the bytes so far amount to.
  enum class step : uint8_t {
    nothing,    // of a request
    begun,      // a header, not whole yet: said once
    more,       // is to come
    header,     // is there: said once, before anything of the body counts
    body,       // has come, in part or whole
    complete,   // the request is
    refused,    // by `refusal`
  };

  explicit request_intake(const http_rules& rules)
    : rules_{rules}, upload_limit_{upload_limit_of(rules.config)}, buffer_{rules.bodies} {
    // nop
  }

  /// Where the next bytes may go; `receiving`: they belong to the request that has begun. Empty: there is no memory.
  std::span<char> room(bool receiving);
  void add(size_t count) { buffer_.add(count); }
  bool has_bytes() const { return !buffer_.bytes().empty(); }
  /// As much as may wait while an answer is due.
  bool is_ahead() const;
  void drop_bytes() { buffer_.clear(); }

  /// Takes what has come, up to the end of a request.
  step take();
  /// After `header` and `body`: counts the body, or what of it is to be kept. `more`, `complete` or `refused`.
  step count_body();
  const http_response& refusal() const { return refusal_; }

  /// Null between requests.
  http_request* request() { return request_ ? &*request_ : nullptr; }
  const http_request* request() const { return request_ ? &*request_ : nullptr; }
  bool is_header_seen() const { return header_seen_; }
  /// Bytes of the body since this was last asked.
  uint64_t new_body_bytes();
  /// The request is answered.
  void finish() { request_.reset(); }

private:
  bool begin();
  step refuse(http_response response);

  /// Of a whole form, with the heads of its parts and what stands between them.
  static uint64_t upload_limit_of(const server_config& config);

  const http_rules& rules_;
  const uint64_t upload_limit_;
  receive_buffer buffer_;
  std::optional<http_request> request_;
  http_response refusal_;
  bool begun_seen_ = false;
  bool header_seen_ = false;
  uint64_t body_seen_ = 0;
};

}   // namespace cog

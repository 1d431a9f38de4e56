#pragma once
#include "io/net.hpp"
#include <boost/beast/http/basic_parser.hpp>
#include <string>

namespace cog {

/// Reads one HTTP request: the header fields we look at, and the body unless it is to be thrown away.
/// Limits: header 16 KiB; the body what `body_limit` says (set before the first byte is put).
class http_request : public boost::beast::http::basic_parser<true> {
public:
  http_request();

  std::string method;
  std::string target;
  int version = 11;   // 10 or 11
  std::string content_type;
  bool has_content_type = false;
  std::string accept;   // the first such field, like the next ones
  std::string prefer;
  std::string traceparent;
  std::string tracestate;
  bool expects_continue = false;
  std::string body;
  bool keep_body = true;    // may be changed once the header is there; what came before is dropped then
  uint64_t body_size = 0;   // bytes received so far, kept or not

  bool is_json() const;

  /// Room for a body of `bytes`, so that it is not moved while it comes.
  void reserve_body(uint64_t bytes);

private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, text method, text target, int version, error_code&) override;
  void on_response_impl(int, text, int, error_code&) override;
  void on_field_impl(boost::beast::http::field name, text, text value, error_code&) override;
  void on_header_impl(error_code&) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override;
  std::size_t on_body_impl(text piece, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override;
  std::size_t on_chunk_body_impl(std::uint64_t, text piece, error_code&) override;
  void on_finish_impl(error_code&) override;
};

}   // namespace cog

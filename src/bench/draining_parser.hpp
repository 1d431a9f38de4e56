#pragma once
#include "io/net.hpp"
#include <boost/beast/http/basic_parser.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace cog::bench {

/// Gets a body piece by piece, without its chunked encoding.
using body_taker = std::function<void(std::string_view piece)>;

/// Reads one HTTP message and keeps nothing of it but its first line.
template <bool IsRequest>
class draining_parser final : public boost::beast::http::basic_parser<IsRequest> {
public:
  /// `take` must stay.
  explicit draining_parser(const body_taker& take) : take_{take} {
    this->body_limit(boost::none);
    this->header_limit(64 * 1024);
    this->eager(true);
  }

  /// Of an answer; 0 before it has come.
  int status() const { return status_; }

  /// Of a request.
  const std::string& path() const { return path_; }

private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, text, text path, int, error_code&) override {
    path_.assign(path.data(), path.size());
  }
  void on_response_impl(int code, text, int, error_code&) override { status_ = code; }
  void on_field_impl(boost::beast::http::field, text, text, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(text piece, error_code&) override {
    take_({piece.data(), piece.size()});
    return piece.size();
  }
  void on_chunk_header_impl(uint64_t, text, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, text piece, error_code&) override {
    take_({piece.data(), piece.size()});
    return piece.size();
  }
  void on_finish_impl(error_code&) override {}

  const body_taker& take_;
  int status_ = 0;
  std::string path_;
};

}   // namespace cog::bench

#pragma once
#include "cli/playground/client_stream.hpp"
#include "io/net.hpp"
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <optional>

namespace cog::playground {

/// One request on a connection: its head, then as much of its body as somebody wants.
class request_reader {
public:
  using fields = boost::beast::http::request_header<>;

  explicit request_reader(client_stream& client);

  /// False: there is no request; `refused` says what is answered before the connection is closed, if anything.
  bool read_head();
  unsigned refused() const { return refused_; }

  const fields& head() const { return parser_.get().base(); }
  std::string_view method() const { return view(head().method_string()); }
  std::string_view target() const { return view(head().target()); }
  std::string_view field(std::string_view name) const { return view(head()[{name.data(), name.size()}]); }

  /// The length that the head tells; none: chunked, or no body.
  std::optional<uint64_t> length() const;
  bool is_chunked() const { return parser_.chunked(); }

  /// The next bytes of the body, at most `size`; 0: it is complete, or has ended before its end.
  size_t read_body(char* into, size_t size);

  /// Read to the end: another request may follow.
  bool is_complete() const { return parser_.is_done(); }
  bool keeps_alive() const { return parser_.keep_alive(); }

private:
  static std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }
  bool parse(boost::beast::error_code& error);
  void ask_for_body();

  client_stream& client_;
  boost::beast::http::request_parser<boost::beast::http::buffer_body> parser_;
  bool asked_ = false;
  unsigned refused_ = 0;
};

}   // namespace cog::playground

#pragma once
#include "io/net.hpp"
#include "prediction/memory_account.hpp"
#include <boost/beast/http/basic_parser.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace cog {

class body_taker;

/// What is answered to bodies of a type, or a length, that nothing here takes.
constexpr std::string_view only_json = "Expected request with `Content-Type: application/json`";
constexpr std::string_view too_long = "Failed to buffer the request body: length limit exceeded";

/// Reads one HTTP request: the header fields we look at, and the body unless it is to be thrown away. What another
/// reader of the same bytes might see the end of elsewhere is refused, where RFC 9112 would let it pass, too.
/// Limits: header 16 KiB, each line of a chunk's size and the trailer likewise; the body what `body_limit` says (set
/// before the first byte is taken).
class http_request : public boost::beast::http::basic_parser<true> {
public:
  /// What is answered to bytes that are no request we take, before the connection is closed.
  struct refusal {
    unsigned status = 0;   // 0: nothing was refused
    std::string text;
  };

  http_request();

  /// How many bytes are empty lines, which may stand before a request.
  static size_t count_empty_lines(std::string_view bytes);

  /// Takes bytes up to the end of the request and says how many. The rest is to be given again, with more behind it,
  /// unless `refused` says why there is no more to take. A lone CR or LF is refused as soon as it is there.
  size_t take(std::string_view bytes);
  const refusal& refused() const { return refused_; }

  std::string method;
  std::string target;   // a path and its query, or `*`
  int version = 11;     // 10 or 11
  std::string host;     // as asked for: of a target that has it, else the Host field
  std::string content_type;
  bool has_content_type = false;
  std::string accept;   // the first such field, like the next ones
  std::string accept_encoding;
  std::string if_none_match;
  std::string prefer;
  std::string cancel_after;
  std::chrono::steady_clock::time_point cancel_after_read;   // when that field came
  std::string priority;                                      // Cog-Priority
  std::string_view fair_by;                                  // the name of a field; set before the first byte is taken
  std::string fair_key;                                      // what that field says
  std::string traceparent;
  std::string tracestate;
  std::string origin;
  std::string sec_fetch_site;
  std::string range;
  std::string if_range;
  std::string last_event_id;
  std::string forwarded_proto;     // X-Forwarded-Proto
  std::string forwarded_host;      // X-Forwarded-Host
  std::string json_length;         // Inference-Header-Content-Length
  std::string custom_attributes;   // X-Amzn-SageMaker-Custom-Attributes
  std::string content_encoding;
  std::string authorization;
  std::string x_api_key;
  std::string owner;          // the name of the key that was found to be its; set by whoever has looked
  uint64_t owner_limit = 0;   // of predictions of this owner in flight; 0: none
  bool sees_all = false;      // it may see the predictions of all owners
  bool wants_links = false;   // Cog-Files: links
  bool expects_continue = false;
  std::string body;
  body_taker* taker = nullptr;   // gets the body in place of `body`, once it is set
  uint64_t upload_limit = 0;     // as `body_limit`, of a body that may hold files; set before the first byte is taken
  memory_lease memory;           // of the body, for whoever counts it
  bool keep_body = true;         // may be changed once the header is there; what came before is dropped then
  uint64_t body_size = 0;        // bytes received so far, kept or not

  bool is_json() const;
  /// The body is a form with files.
  bool is_form() const;
  /// The body may be a file: it is neither JSON, nor a form, nor plain text.
  bool is_raw() const;
  /// An item of `accept` says so, parameters cut; wildcards do not count.
  bool accepts_event_stream() const;

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

  void on_own_field(std::string_view name, std::string_view value);
  void on_encoding(std::string_view value, error_code&);
  void refuse(unsigned status, std::string text, error_code&);
  void explain(const error_code&, std::string_view bytes);
  size_t look_at_lines(std::string_view lines, size_t from);

  refusal refused_;
  bool has_host_ = false;
  bool has_length_ = false;
  size_t header_size_ = 0;    // bytes of method, target and fields; of the trailer, once the header is done
  size_t looked_ = 0;         // bytes of lines that were looked at and not taken
  bool has_chunk_ = false;    // its size was read, so that a line end follows its data
  uint64_t chunk_left_ = 0;   // bytes of its data to come
};

}   // namespace cog

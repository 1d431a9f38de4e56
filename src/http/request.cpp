#include "http/request.hpp"
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace cog {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr uint32_t header_limit_bytes = 16 * 1024;
constexpr uint64_t largest_first_reserve = 16 * 1024;   // a longer body waits for the leave to be kept
constexpr size_t json_padding = 64;                     // so that simdjson need not move it

void take_first(std::string& field, beast::string_view value) {
  if (field.empty())
    field.assign(value.data(), value.size());
}

}   // namespace

http_request::http_request() {
  eager(true);
  header_limit(header_limit_bytes);
}

bool http_request::is_json() const {
  std::string_view type{content_type};
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ')
    type.remove_suffix(1);
  constexpr std::string_view prefix = "application/";
  if (type.size() <= prefix.size() || !beast::iequals({type.data(), prefix.size()}, prefix))
    return false;
  type.remove_prefix(prefix.size());
  constexpr std::string_view suffix = "+json";
  return beast::iequals(type, "json") ||
    (type.size() > suffix.size() && beast::iequals(type.substr(type.size() - suffix.size()), suffix));
}

void http_request::reserve_body(uint64_t bytes) {
  body.reserve(bytes + json_padding);
}

void http_request::on_request_impl(http::verb, text method_text, text target_text, int number, error_code&) {
  method.assign(method_text.data(), method_text.size());
  target.assign(target_text.data(), target_text.size());
  version = number;
}

void http_request::on_response_impl(int, text, int, error_code&) {
  // nop
}

void http_request::on_field_impl(http::field name, text name_text, text value, error_code&) {
  if (name == http::field::content_type) {
    has_content_type = true;
    take_first(content_type, value);
  } else if (name == http::field::accept) {
    take_first(accept, value);
  } else if (name == http::field::prefer) {
    take_first(prefer, value);
  } else if (name == http::field::expect) {
    expects_continue = beast::iequals(value, "100-continue");
  } else if (name == http::field::unknown && beast::iequals(name_text, "traceparent")) {
    take_first(traceparent, value);
  } else if (name == http::field::unknown && beast::iequals(name_text, "tracestate")) {
    take_first(tracestate, value);
  }
}

void http_request::on_header_impl(error_code&) {
  // nop
}

void http_request::on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) {
  if (length)
    reserve_body(std::min(*length, largest_first_reserve));
}

std::size_t http_request::on_body_impl(text piece, error_code&) {
  body_size += piece.size();
  if (keep_body)
    body.append(piece.data(), piece.size());
  return piece.size();
}

void http_request::on_chunk_header_impl(std::uint64_t, text, error_code&) {
  // nop
}

std::size_t http_request::on_chunk_body_impl(std::uint64_t, text piece, error_code& error) {
  return on_body_impl(piece, error);
}

void http_request::on_finish_impl(error_code&) {
  // nop
}

}   // namespace cog

#include "http/request.hpp"
#include "http/host.hpp"
#include "http/body_taker.hpp"
#include "io/memory_reserve.hpp"
#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace cog {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr uint32_t header_limit_bytes = 16 * 1024;
constexpr uint64_t largest_first_reserve = 16 * 1024;   // a longer body waits for the leave to be kept
constexpr size_t least_of_chunks = 5;   // "0\r\n\r\n", which is always to come; Beast aborts on less of it
constexpr size_t json_padding = 64;     // so that simdjson need not move it
constexpr std::string_view line_end = "\r\n";

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

void take_first(std::string& field, beast::string_view value) {
  if (field.empty())
    field.assign(value.data(), value.size());
}

/// Beast joins the lines of a folded value, elsewhere if there are two: then it does not stand behind its name, or a line
/// ends between them.
bool is_folded(beast::string_view name, beast::string_view value) {
  auto from = reinterpret_cast<uintptr_t>(name.data() + name.size());
  auto to = reinterpret_cast<uintptr_t>(value.data());
  return to < from || to - from > header_limit_bytes || std::find(name.end(), value.begin(), '\r') != value.begin();
}

/// Of the few bytes that may stand before the data of a chunk: those that cannot be data of it.
std::string_view until_data(std::string_view bytes) {
  auto end = bytes.find(line_end, 1);   // of the line with its size; the first byte may belong to the line before
  return end == bytes.npos || bytes.substr(0, end) == "0" ? bytes : bytes.substr(0, end + line_end.size());
}

/// Whether a body of this request may start a prediction or training.
bool may_be_create(std::string_view target) {
  return target.starts_with("/predictions") || target.starts_with("/trainings");
}

bool is_control(char letter) {
  return (static_cast<unsigned char>(letter) < 0x20 && letter != '\t') || letter == 0x7f;
}

}   // namespace

http_request::http_request() {
  eager(true);
  header_limit(header_limit_bytes);
}

size_t http_request::count_empty_lines(std::string_view bytes) {
  size_t count = 0;
  while (bytes.substr(count, line_end.size()) == line_end)
    count += line_end.size();
  return count;
}

size_t http_request::take(std::string_view bytes) {
  if (is_header_done() && chunked() && bytes.size() < least_of_chunks) {
    look_at_lines(until_data(bytes.substr(std::min<uint64_t>(chunk_left_, bytes.size()))), 0);
    return 0;
  }
  error_code error;
  auto taken = put({bytes.data(), bytes.size()}, error);
  auto rest = bytes.substr(taken);
  looked_ -= std::min(looked_, taken);
  if (error == http::error::need_more)
    error = rest.size() < header_limit_bytes ? error_code{} : http::error::header_limit;
  if (error && refused_.status == 0)
    explain(error, rest);
  else if (!error && !rest.empty() && !is_done())
    looked_ = look_at_lines(rest, looked_);
  return taken;
}

/// Of lines that are not whole yet: refuses now what could only be refused at an end that may never come. Returns where
/// to go on when there is more of them.
size_t http_request::look_at_lines(std::string_view lines, size_t from) {
  if (has_chunk_ && !lines.empty() && lines.front() != '\r') {
    refused_ = {400, "There must be CR LF after the data of a chunk"};
    return 0;
  }
  while (true) {
    auto at = std::min(lines.find_first_of("\r\n", from), lines.size());
    if (at == lines.size() || (lines[at] == '\r' && at + 1 == lines.size()))
      return at;
    if (lines.substr(at, line_end.size()) != line_end) {
      refused_ = {400, "A line of the request has a lone CR or LF; lines must end in CR LF"};
      return 0;
    }
    from = at + line_end.size();
  }
}

void http_request::explain(const error_code& error, std::string_view bytes) {
  if (error == http::error::body_limit)
    refused_ = {413, std::string{too_long}};
  else if (error != http::error::header_limit && error != http::error::buffer_overflow)
    refused_ = {400, "This is no HTTP/1.1 request: " + error.message()};
  else if (is_header_done())
    refused_ = {431, "A line between the chunks of the request body, or its trailer, is longer than 16 KiB"};
  else if (method.empty() && bytes.substr(0, header_limit_bytes).find('\n') == bytes.npos)
    refused_ = {414, "The first line of the request is longer than 16 KiB"};
  else
    refused_ = {431, "The request header is longer than 16 KiB"};
}

void http_request::refuse(unsigned status, std::string text, error_code& error) {
  refused_ = {status, std::move(text)};
  error = http::error::bad_value;
}

void http_request::reserve_body(uint64_t bytes) {
  refusable_memory refusable;
  body.reserve(bytes + json_padding);
}

void http_request::on_request_impl(http::verb, text method_text, text target_text, int number, error_code& error) {
  method.assign(method_text.data(), method_text.size());
  auto parts = read_target(view(method_text), view(target_text));
  if (!parts)
    return refuse(400, "The request target must be a path or a whole http URL", error);
  target = parts->path.starts_with('?') ? "/" : "";
  target += parts->path;
  host = parts->authority;
  version = number;
  header_size_ = method_text.size() + target_text.size();
}

void http_request::on_response_impl(int, text, int, error_code&) {
  // nop
}

void http_request::on_field_impl(http::field name, text name_text, text value, error_code& error) {
  if (is_folded(name_text, value))
    return refuse(400, "A header field goes on in the next line", error);
  header_size_ += name_text.size() + value.size();
  if (header_size_ > header_limit_bytes) {
    error = http::error::header_limit;
    return;
  }
  if (is_header_done())   // the trailer, of which nothing counts
    return;
  if (!fair_by.empty() && beast::iequals(name_text, {fair_by.data(), fair_by.size()}))
    take_first(fair_key, value);
  if (name == http::field::host) {
    if (std::exchange(has_host_, true) || !is_host(view(value)))
      return refuse(400, "There must be one Host field with a host and maybe a port", error);
    take_first(host, value);
  } else if (name == http::field::content_length) {
    if (std::exchange(has_length_, true) || value.find(',') != value.npos)
      return refuse(400, "There must be one Content-Length", error);
  } else if (name == http::field::transfer_encoding) {
    on_encoding(view(value), error);
  } else if (name == http::field::content_type) {
    has_content_type = true;
    take_first(content_type, value);
    if (upload_limit > 0 && !content_type.starts_with("application/json") && may_be_create(target))
      body_limit(upload_limit);
  } else if (name == http::field::accept) {
    take_first(accept, value);
  } else if (name == http::field::prefer) {
    take_first(prefer, value);
  } else if (name == http::field::origin) {
    take_first(origin, value);
  } else if (name == http::field::sec_fetch_site) {
    take_first(sec_fetch_site, value);
  } else if (name == http::field::expect) {
    expects_continue = version >= 11 && beast::iequals(value, "100-continue");
  } else if (name == http::field::accept_encoding) {
    take_first(accept_encoding, value);
  } else if (name == http::field::if_none_match) {
    take_first(if_none_match, value);
  } else if (name == http::field::range) {
    take_first(range, value);
  } else if (name == http::field::if_range) {
    take_first(if_range, value);
  } else if (name == http::field::content_encoding) {
    take_first(content_encoding, value);
  } else if (name == http::field::authorization) {
    take_first(authorization, value);
  } else if (name == http::field::unknown) {
    on_own_field(view(name_text), view(value));
  }
}

/// Of the fields whose names Beast does not know.
void http_request::on_own_field(std::string_view name, std::string_view value) {
  auto is = [&](std::string_view known) {
    return beast::iequals({name.data(), name.size()}, {known.data(), known.size()});
  };
  if (is("traceparent")) {
    take_first(traceparent, value);
  } else if (is("tracestate")) {
    take_first(tracestate, value);
  } else if (is("cancel-after")) {
    take_first(cancel_after, value);
    cancel_after_read = std::chrono::steady_clock::now();
  } else if (is("cog-priority")) {
    take_first(priority, value);
  } else if (is("x-api-key")) {
    take_first(x_api_key, value);
  } else if (is("last-event-id")) {
    take_first(last_event_id, value);
  } else if (is("x-forwarded-proto")) {
    take_first(forwarded_proto, value);
  } else if (is("x-forwarded-host")) {
    take_first(forwarded_host, value);
  } else if (is("inference-header-content-length")) {
    take_first(json_length, value);
  } else if (is("x-amzn-sagemaker-custom-attributes")) {
    take_first(custom_attributes, value);
  } else if (is("cog-files")) {
    wants_links = value == "links";
  }
}

/// Where the body ends is known of `chunked` alone, and what was done to it before that is not undone.
void http_request::on_encoding(std::string_view value, error_code& error) {
  if (version < 11)
    return refuse(400, "HTTP/1.0 has no Transfer-Encoding", error);
  if (beast::iequals({value.data(), value.size()}, "chunked"))
    return;
  auto last = value.substr(value.rfind(',') + 1);
  last.remove_prefix(std::min(last.find_first_not_of(" \t"), last.size()));
  if (beast::iequals({last.data(), last.size()}, "chunked"))
    return refuse(501, "Transfer-Encoding: no coding but `chunked` is known", error);
  refuse(400, "Transfer-Encoding must be `chunked`", error);
}

void http_request::on_header_impl(error_code& error) {
  header_size_ = 0;
  if (!has_host_ && version >= 11)
    refuse(400, "There must be one Host field with a host and maybe a port", error);
}

void http_request::on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) {
  if (length)
    reserve_body(std::min(*length, largest_first_reserve));
}

std::size_t http_request::on_body_impl(text piece, error_code&) {
  body_size += piece.size();
  if (taker != nullptr) {
    taker->take(view(piece));
    return piece.size();
  }
  if (keep_body && body.size() + piece.size() > body.capacity())
    reserve_body(std::max(body.capacity() * 2, body.size() + piece.size()));
  if (keep_body)
    body.append(piece.data(), piece.size());
  return piece.size();
}

void http_request::on_chunk_header_impl(std::uint64_t size, text extension, error_code& error) {
  chunk_left_ = size;
  has_chunk_ = true;
  if (extension.size() > header_limit_bytes)
    error = http::error::header_limit;
  else if (std::any_of(extension.begin(), extension.end(), is_control))
    error = http::error::bad_chunk_extension;
}

std::size_t http_request::on_chunk_body_impl(std::uint64_t, text piece, error_code& error) {
  chunk_left_ -= piece.size();
  return on_body_impl(piece, error);
}

void http_request::on_finish_impl(error_code&) {
  // nop
}

}   // namespace cog

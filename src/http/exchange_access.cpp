#include "http/bodies.hpp"
#include "http/dialects/dialect.hpp"
#include "http/dialects/dialect_error.hpp"
#include "http/exchange.hpp"
#include "http/request.hpp"
#include "json/json_text.hpp"
#include "page/accept.hpp"
#include <algorithm>
#include <boost/beast/core/string.hpp>

// What an exchange may do, by the API key of its request.

namespace cog {

namespace {

std::string said(std::string_view text) {
  std::string body = R"({"detail":)";
  append_json_string(body, text);
  return body + "}";
}

uint8_t scope_of(access needed) {
  switch (needed) {
    case access::open:
    case access::any_key:
      return 0;
    case access::read:
      return scope_read;
    case access::predict:
      return scope_predict;
    case access::admin:
      return scope_admin;
  }
  return 0;
}

/// Of `Authorization: Bearer K` or `Token K`, else of X-API-Key; empty: there is none.
std::string_view shown_key(const http_request& request) {
  std::string_view rest{request.authorization};
  boost::beast::string_view scheme{rest.data(), std::min(rest.find(' '), rest.size())};
  if (!boost::beast::iequals(scheme, "bearer") && !boost::beast::iequals(scheme, "token"))
    return request.x_api_key;
  rest.remove_prefix(scheme.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

/// As its line has it.
std::string rate_text(const key_rate& rate) {
  auto unit = rate.period.count() == 1 ? "/s" : rate.period.count() == 60 ? "/m" : "/h";
  return "rate=" + std::to_string(rate.count) + unit;
}

}   // namespace

/// The page or one of its files is what the client is to get.
bool exchange::wants_page() const {
  return rules_.page.mode != "off" &&
    (match_.where == route::page_file || match_.where == route::docs || prefers_html(request_.accept));
}

access exchange::needed_access() {
  if (match_.where == route::shutdown && rules_.config.shutdown != "admin")
    return access::open;   // COG_SHUTDOWN says who may
  if (dialect_row_)
    return dialect_row_->needs;
  bool has_page = match_.where == route::index || match_.where == route::status;
  return has_page && wants_page() ? access::open : access_of(match_.where);
}

bool exchange::creates() const {
  return is_create() || (dialect_row_ && dialect_row_->creates());
}

/// On the port of COG_METRICS_LISTEN.
bool exchange::refuse_no_probe() {
  if (match_.where == route::metrics || match_.where == route::livez || match_.where == route::readyz)
    return false;
  respond(text_response(404, {}));
  return true;
}

/// Where there are keys: answers who has none, or not the right one.
bool exchange::refuse_key() {
  if (rules_.only_probes)
    return refuse_no_probe();
  if (!rules_.keys || std::exchange(admitted_, true))
    return false;
  auto today = std::chrono::system_clock::now();
  auto needed = needed_access();
  if (needed == access::open) {
    if (match_.where == route::health_check)
      key_ = rules_.keys->find(shown_key(request_), today);
    return false;
  }
  auto found = rules_.keys->admit(shown_key(request_), scope_of(needed), creates(), today, key_ring::clock::now());
  key_ = found.key;
  if (found.verdict != key_verdict::allowed) {
    refuse_key(found, needed);
    return true;
  }
  request_.owner = key_->name;
  request_.owner_limit = key_->concurrent;
  request_.sees_all = key_->may(scope_admin);
  return false;
}

/// In the words of the dialect, where the request is in one.
http_response exchange::key_refusal(unsigned status, const std::string& text, uint64_t retry_after) const {
  if (!dialect_row_ || status == 403)
    return json_response(status, said(text));
  auto fault = status == 401 ? dialect_fault::no_key : dialect_fault::full;
  return render_error(dialect_row_->which, {fault, text, {}, retry_after});
}

void exchange::refuse_key(const key_ring::admission& found, access needed) {
  if (found.verdict == key_verdict::forbidden) {
    auto scope = to_string(static_cast<key_scope>(scope_of(needed)));
    return respond(key_refusal(403, "This needs an API key of the scope " + std::string{scope}));
  }
  if (found.verdict == key_verdict::limited) {
    auto text = "The API key " + found.key->name + " has begun as many predictions as it may (" +
      rate_text(found.key->rate) + ")";
    auto response = key_refusal(429, text, found.retry_after);
    if (!dialect_row_)
      response.more_headers.push_back("retry-after: " + std::to_string(found.retry_after));
    return respond(std::move(response));
  }
  auto response = key_refusal(401,
                              found.verdict == key_verdict::missing     ? "API key missing"
                                : found.verdict == key_verdict::expired ? "API key expired"
                                                                        : "API key not known");
  response.more_headers.emplace_back("www-authenticate: Bearer");
  respond(std::move(response));
}

/// The router has found that the key has too many in flight.
bool exchange::refuse_limited(const caf::error& error) {
  if (!key_)
    return false;
  rules_.keys->count_limited(key_->name);
  auto response = json_response(429, said(text_of(error)));
  response.more_headers.emplace_back("retry-after: 1");
  respond(std::move(response));
  return true;
}

bool exchange::may_read() const {
  return !rules_.keys || (key_ && key_->may(scope_read));
}

}   // namespace cog

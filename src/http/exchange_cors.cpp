#include "http/exchange.hpp"
#include "http/request.hpp"
#include <algorithm>

// What pages of other origins may: COG_CORS_ORIGINS.

namespace cog {

/// Whether the page that asks is of an origin that was named.
bool exchange::is_shared() const {
  auto& allowed = rules_.config.cors_origins;
  return !request_.origin.empty() &&
    std::any_of(allowed.begin(), allowed.end(), [&](auto& one) { return one == "*" || one == request_.origin; });
}

/// Of no use without the origin's name in it, an answer is kept by nobody for another one.
void exchange::share() {
  shared_headers_.emplace_back("vary: Origin");
  if (!is_shared())
    return;
  shared_headers_.push_back("access-control-allow-origin: " + request_.origin);
  shared_headers_.emplace_back("access-control-expose-headers: Location, Retry-After, Cog-Files, Cog-Prediction-Id");
}

/// What a browser asks before it sends a request that a page could not make by itself.
bool exchange::answer_preflight() {
  if (request_.method != "OPTIONS" || !is_shared() || match_.allow.empty())
    return false;
  auto response = text_response(204, {});
  response.more_headers.push_back("access-control-allow-methods: " + std::string{match_.allow});
  response.more_headers.emplace_back(
    "access-control-allow-headers: Content-Type, Authorization, X-API-Key, Prefer, "
    "Accept, Cancel-After, Cog-Files, Last-Event-ID, traceparent");
  response.more_headers.emplace_back("access-control-max-age: 600");
  respond(std::move(response));
  return true;
}

}   // namespace cog

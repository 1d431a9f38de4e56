#include "http/routes.hpp"
#include <array>
#include <optional>
#include <simdjson.h>

namespace cog {

namespace {

constexpr std::string_view get_methods = "GET,HEAD";

bool is_get(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

struct fixed_route {
  std::string_view path;
  std::string_view methods;
  route where;
};

constexpr std::array fixed_routes{
  fixed_route{"/health-check", get_methods, route::health_check},
  fixed_route{"/", get_methods, route::index},
  fixed_route{"/openapi.json", get_methods, route::openapi},
  fixed_route{"/livez", get_methods, route::livez},
  fixed_route{"/readyz", get_methods, route::readyz},
  fixed_route{"/shutdown", "POST", route::shutdown},
  fixed_route{"/trainings", "POST", route::trainings},
  fixed_route{"/metrics", get_methods, route::metrics},
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/// Percent signs without two hex digits behind them stay as they are.
std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool allows(std::string_view methods, std::string_view method) {
  return method == methods || (methods == get_methods && is_get(method));
}

route_match found(route where, std::string id = {}) {
  route_match match;
  match.where = where;
  match.id = std::move(id);
  return match;
}

route_match wrong_method(std::string_view methods) {
  route_match match;
  match.allow = methods;
  return match;
}

route_match with_id(std::string_view methods, std::string_view method, std::string_view id, route where) {
  if (id.find('/') != std::string_view::npos)
    return {};
  if (!allows(methods, method))
    return wrong_method(methods);
  auto match = found(where, percent_decode(id));
  match.bad_id = !simdjson::validate_utf8(match.id);
  return match;
}

std::optional<route_match> under(std::string_view prefix, std::string_view path, std::string_view method, route put,
                                 route cancel, bool kept) {
  if (!path.starts_with(prefix))
    return {};
  path.remove_prefix(prefix.size());
  constexpr std::string_view suffix = "/cancel";
  if (path.ends_with(suffix))
    return with_id("POST", method, path.substr(0, path.size() - suffix.size()), cancel);
  if (path.empty())
    return route_match{};
  if (kept && is_get(method))
    return with_id(get_methods, method, path, route::kept_prediction);
  auto match = with_id("PUT", method, path, put);
  if (kept && !match.allow.empty())
    match.allow = "GET,HEAD,PUT";
  return match;
}

}   // namespace

route_match match_route(std::string_view method, std::string_view target, bool keeps_results) {
  auto path = target.substr(0, target.find('?'));
  if (path == "/predictions") {
    if (method == "POST")
      return found(route::predictions);
    if (!keeps_results)
      return wrong_method("POST");
    return is_get(method) ? found(route::kept_predictions) : wrong_method("GET,HEAD,POST");
  }
  for (auto& fixed : fixed_routes)
    if (path == fixed.path)
      return allows(fixed.methods, method) ? found(fixed.where) : wrong_method(fixed.methods);
  if (auto match = under("/predictions/", path, method, route::prediction, route::cancel_prediction, keeps_results))
    return *match;
  if (auto match = under("/trainings/", path, method, route::training, route::cancel_training, false))
    return *match;
  return {};
}

}   // namespace cog

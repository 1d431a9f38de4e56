#include "http/routes.hpp"
#include "io/text.hpp"
#include <array>
#include <charconv>
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
  fixed_route{"/docs", get_methods, route::docs},
  fixed_route{"/docs/", get_methods, route::docs},
  fixed_route{"/status", get_methods, route::status},
  fixed_route{"/status/", get_methods, route::status},
};

bool allows(std::string_view methods, std::string_view method) {
  return method == methods || (methods == get_methods && is_get(method));
}

route_match found(route where) {
  route_match match;
  match.where = where;
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
  auto match = found(where);
  percent_decode(id, true, match.id);
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

/// `{id}/events` and `{id}/files/{n}`.
std::optional<route_match> part_of_prediction(std::string_view path, std::string_view method) {
  constexpr std::string_view events = "/events";
  constexpr std::string_view files = "/files/";
  if (path.ends_with(events))
    return with_id("GET", method, path.substr(0, path.size() - events.size()), route::prediction_events);
  auto number = path.substr(path.rfind('/') + 1);
  path.remove_suffix(number.size());
  if (!path.ends_with(files))
    return {};
  uint64_t file = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), file);
  if (number.empty() || error != std::errc{} || end != number.data() + number.size())
    return route_match{};
  auto match = with_id(get_methods, method, path.substr(0, path.size() - files.size()), route::prediction_file);
  match.file = file;
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
  constexpr std::string_view one = "/predictions/";
  if (path.starts_with(one))
    if (auto match = part_of_prediction(path.substr(one.size()), method))
      return *match;
  if (auto match = under(one, path, method, route::prediction, route::cancel_prediction, keeps_results))
    return *match;
  if (auto match = under("/trainings/", path, method, route::training, route::cancel_training, false))
    return *match;
  if (path.starts_with("/page/"))
    return is_get(method) ? found(route::page_file) : wrong_method(get_methods);
  return {};
}

}   // namespace cog

#include "http/routes.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

route_match match(std::string_view method, std::string_view target, bool keeps_results = true) {
  return match_route(method, target, keeps_results);
}

}   // namespace

TEST_CASE("routes: every fixed path is found, the query ignored") {
  CHECK(match("GET", "/").where == route::index);
  CHECK(match("GET", "/health-check?x=1").where == route::health_check);
  CHECK(match("GET", "/openapi.json").where == route::openapi);
  CHECK(match("GET", "/livez").where == route::livez);
  CHECK(match("GET", "/readyz").where == route::readyz);
  CHECK(match("POST", "/shutdown").where == route::shutdown);
  CHECK(match("GET", "/metrics").where == route::metrics);
  CHECK(match("POST", "/predictions").where == route::predictions);
  CHECK(match("POST", "/trainings").where == route::trainings);
}

TEST_CASE("routes: ids are one percent-decoded segment") {
  auto put = match("PUT", "/predictions/a%2Fb%20c");
  CHECK(put.where == route::prediction);
  CHECK(put.id == "a/b c");
  CHECK(match("PUT", "/trainings/t").where == route::training);
  auto cancel = match("POST", "/predictions/x/cancel");
  CHECK(cancel.where == route::cancel_prediction);
  CHECK(cancel.id == "x");
  CHECK(match("POST", "/trainings/x/cancel").where == route::cancel_training);
  CHECK(match("PUT", "/predictions/a%zz").id == "a%zz");
}

TEST_CASE("routes: a prediction may have the empty id, so it can be cancelled") {
  auto cancel = match("POST", "/predictions//cancel");
  CHECK(cancel.where == route::cancel_prediction);
  CHECK(cancel.id.empty());
  CHECK(match("PUT", "/predictions/").where == route::none);
}

TEST_CASE("routes: an id that is no UTF-8 is marked") {
  CHECK(match("PUT", "/predictions/%FF").bad_id);
  CHECK_FALSE(match("PUT", "/predictions/%C3%A4").bad_id);
}

TEST_CASE("routes: a wrong method tells what is allowed") {
  CHECK(match("POST", "/health-check").allow == "GET,HEAD");
  CHECK(match("GET", "/trainings").allow == "POST");
  CHECK(match("OPTIONS", "/predictions").allow == "GET,HEAD,POST");
  CHECK(match("DELETE", "/predictions/x").allow == "GET,HEAD,PUT");
  CHECK(match("GET", "/predictions/x/cancel").allow == "POST");
  CHECK(match("POST", "/health-check").where == route::none);
}

TEST_CASE("routes: HEAD counts as GET") {
  CHECK(match("HEAD", "/health-check").where == route::health_check);
}

TEST_CASE("routes: unknown paths and empty ids are nowhere") {
  for (auto* path :
       {"/docs", "/predictions/", "/predictions/a/b", "/predictions/a/b/cancel", "/health-check/", "", "/x"}) {
    auto found = match("GET", path);
    CHECK(found.where == route::none);
    CHECK(found.allow.empty());
  }
}

TEST_CASE("routes: kept predictions are fetched one by one or listed") {
  CHECK(match("GET", "/predictions").where == route::kept_predictions);
  auto one = match("HEAD", "/predictions/a%20b");
  CHECK(one.where == route::kept_prediction);
  CHECK(one.id == "a b");
  CHECK(match("GET", "/trainings/x").allow == "PUT");
}

TEST_CASE("routes: without kept results there is nothing to fetch") {
  CHECK(match("GET", "/predictions", false).allow == "POST");
  CHECK(match("DELETE", "/predictions", false).allow == "POST");
  CHECK(match("GET", "/predictions/x", false).allow == "PUT");
  CHECK(match("PUT", "/predictions/x", false).where == route::prediction);
}

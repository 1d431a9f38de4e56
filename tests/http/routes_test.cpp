#include "http/routes.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("routes: every fixed path is found, the query ignored") {
  CHECK(match_route("GET", "/").where == route::index);
  CHECK(match_route("GET", "/health-check?x=1").where == route::health_check);
  CHECK(match_route("GET", "/openapi.json").where == route::openapi);
  CHECK(match_route("GET", "/livez").where == route::livez);
  CHECK(match_route("GET", "/readyz").where == route::readyz);
  CHECK(match_route("POST", "/shutdown").where == route::shutdown);
  CHECK(match_route("GET", "/metrics").where == route::metrics);
  CHECK(match_route("POST", "/predictions").where == route::predictions);
  CHECK(match_route("POST", "/trainings").where == route::trainings);
}

TEST_CASE("routes: ids are one percent-decoded segment") {
  auto put = match_route("PUT", "/predictions/a%2Fb%20c");
  CHECK(put.where == route::prediction);
  CHECK(put.id == "a/b c");
  CHECK(match_route("PUT", "/trainings/t").where == route::training);
  auto cancel = match_route("POST", "/predictions/x/cancel");
  CHECK(cancel.where == route::cancel_prediction);
  CHECK(cancel.id == "x");
  CHECK(match_route("POST", "/trainings/x/cancel").where == route::cancel_training);
  CHECK(match_route("PUT", "/predictions/a%zz").id == "a%zz");
}

TEST_CASE("routes: an id that is no UTF-8 is marked") {
  CHECK(match_route("PUT", "/predictions/%FF").bad_id);
  CHECK_FALSE(match_route("PUT", "/predictions/%C3%A4").bad_id);
}

TEST_CASE("routes: a wrong method tells what is allowed") {
  CHECK(match_route("POST", "/health-check").allow == "GET,HEAD");
  CHECK(match_route("GET", "/trainings").allow == "POST");
  CHECK(match_route("OPTIONS", "/predictions").allow == "POST");
  CHECK(match_route("DELETE", "/predictions/x").allow == "PUT");
  CHECK(match_route("GET", "/predictions/x/cancel").allow == "POST");
  CHECK(match_route("POST", "/health-check").where == route::none);
}

TEST_CASE("routes: HEAD counts as GET") {
  CHECK(match_route("HEAD", "/health-check").where == route::health_check);
}

TEST_CASE("routes: unknown paths and empty ids are nowhere") {
  for (auto* path :
       {"/docs", "/predictions/", "/predictions/a/b", "/predictions//cancel", "/health-check/", "", "/x"}) {
    auto match = match_route("GET", path);
    CHECK(match.where == route::none);
    CHECK(match.allow.empty());
  }
}

TEST_CASE("routes: kept predictions are fetched one by one or listed") {
  CHECK(match_route("GET", "/predictions").where == route::kept_predictions);
  auto one = match_route("HEAD", "/predictions/a%20b");
  CHECK(one.where == route::kept_prediction);
  CHECK(one.id == "a b");
  CHECK(match_route("GET", "/trainings/x").allow == "PUT");
}

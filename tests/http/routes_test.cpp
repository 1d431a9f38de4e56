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
  CHECK(match("GET", "/docs").where == route::docs);
  CHECK(match("HEAD", "/status").where == route::status);
  CHECK(match("GET", "/docs/?x").where == route::docs);
  CHECK(match("HEAD", "/status/").where == route::status);
  CHECK(match("POST", "/docs/").allow == "GET,HEAD");
  CHECK(match("GET", "/page/0123456789ab/viewers/text.js?x").where == route::page_file);
  CHECK(match("POST", "/page/0123456789ab/main.js").allow == "GET,HEAD");
  CHECK(match("GET", "/page").where == route::none);
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
  for (auto* path : {"/doc", "/predictions/", "/predictions/a/b", "/predictions/a/b/cancel", "/health-check/",
                     "/docs//", "/status/x", "", "/x"}) {
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

TEST_CASE("routes: events and files of a prediction") {
  auto events = match("GET", "/predictions/a%2Fb/events?x");
  CHECK(events.where == route::prediction_events);
  CHECK(events.id == "a/b");
  CHECK(match("HEAD", "/predictions/a/events").allow == "GET");
  CHECK(match("GET", "/predictions/a/events", false).where == route::prediction_events);
  CHECK(match("GET", "/trainings/a/events").where == route::none);
  auto file = match("HEAD", "/predictions/a%20b/files/12");
  CHECK(file.where == route::prediction_file);
  CHECK(file.id == "a b");
  CHECK(file.file == 12);
  CHECK(match("PUT", "/predictions/a/files/0").allow == "GET,HEAD");
  for (auto* path : {"/predictions/a/files/", "/predictions/a/files/x", "/predictions/a/files/1x",
                     "/predictions/a/files/-1", "/predictions/a/files/18446744073709551616", "/predictions/a/files/0/",
                     "/predictions/a/b/files/0", "/predictions/a/b/events"}) {
    CAPTURE(path);
    CHECK(match("GET", path).where == route::none);
    CHECK(match("GET", path).allow.empty());
  }
  CHECK(match("GET", "/predictions/events").where == route::kept_prediction);
}

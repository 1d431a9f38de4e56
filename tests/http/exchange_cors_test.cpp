#include "exchange_support.hpp"

using namespace cog;

namespace {

struct cors_fixture : exchange_fixture {
  cors_fixture() { rules.config.cors_origins = {"https://a.example", "http://localhost:3000"}; }

  answer ask_from(const std::string& origin, const std::string& method, const std::string& path) {
    return ask(method + " " + path + " HTTP/1.1\r\nhost: h\r\norigin: " + origin + "\r\n\r\n");
  }
};

}   // namespace

TEST_CASE_FIXTURE(cors_fixture, "exchange: a preflight from a named origin is told the route's methods") {
  struct row {
    std::string path, methods;
  };
  for (auto& [path, methods] : {row{"/predictions", "GET,HEAD,POST"},
                                {"/predictions/x", "GET,HEAD,PUT"},
                                {"/predictions/x/cancel", "POST"},
                                {"/predictions/x/events", "GET"},
                                {"/health-check", "GET,HEAD"},
                                {"/shutdown", "POST"}}) {
    CAPTURE(path);
    auto answer = ask_from("https://a.example", "OPTIONS", path);
    CHECK(answer.status == 204);
    CHECK(answer.fields["access-control-allow-methods"] == methods);
    CHECK(answer.fields["access-control-allow-headers"].find("Authorization") != std::string::npos);
    CHECK(answer.fields["access-control-max-age"] == "600");
    CHECK_FALSE(answer.has("access-control-allow-credentials"));
  }
}

TEST_CASE_FIXTURE(cors_fixture, "exchange: of others it is what it was without CORS") {
  for (auto* origin : {"https://b.example", "http://a.example", "https://a.example:444", "null"}) {
    auto answer = ask_from(origin, "OPTIONS", "/predictions");
    CHECK(answer.status == 405);
    CHECK_FALSE(answer.has("access-control-allow-methods"));
  }
  CHECK(ask_from("https://a.example", "OPTIONS", "/nowhere").status == 404);
  rules.config.cors_origins.clear();
  CHECK(ask_from("https://a.example", "OPTIONS", "/predictions").status == 405);
}

TEST_CASE_FIXTURE(cors_fixture, "exchange: an asterisk means every origin, and a preflight needs no key") {
  rules.config.cors_origins = {"*"};
  rules.keys = std::make_shared<key_ring>(std::vector<api_key>{});
  CHECK(ask_from("https://b.example", "OPTIONS", "/predictions").status == 204);
  CHECK(ask_from("null", "OPTIONS", "/predictions").status == 204);
  CHECK(ask_from("https://b.example", "GET", "/openapi.json").status == 401);
}

TEST_CASE_FIXTURE(cors_fixture, "exchange: a page of a named origin may do what browsers do not ask for first") {
  auto post = [&](const std::string& origin) {
    return ask("POST /shutdown HTTP/1.1\r\nhost: h\r\nsec-fetch-site: cross-site\r\norigin: " + origin +
               "\r\ncontent-length: 0\r\n\r\n")
      .status;
  };
  CHECK(post("https://b.example") == 403);
  CHECK(post("https://a.example") == 200);
}

#include "exchange_support.hpp"
#include "prediction/owned_id.hpp"

using namespace cog;

namespace {

struct keyed_fixture : exchange_fixture {
  keyed_fixture() {
    std::string text;
    for (auto [name, options] : {std::pair{"reader", "scope=read"},
                                 {"maker", "scope=predict concurrent=3"},
                                 {"root", "scope=admin"},
                                 {"all", "scope=read,predict,admin"},
                                 {"slow", "rate=1/h"}})
      text += api_key_line(name, name, options) + "\n";
    std::string problem;
    auto keys = read_api_keys(text, problem);
    REQUIRE_MESSAGE(keys, problem);
    rules.keys = std::make_shared<key_ring>(*keys);
    rules.config.shutdown = "admin";
    rules.bundled_schema = "{}";
    server.result = make_snapshot("x");
  }

  answer ask_with(const std::string& key, const std::string& method, const std::string& path) {
    closing = false;
    auto fields = key.empty() ? std::string{} : "x-api-key: " + key + "\r\n";
    return method == "GET" ? ask("GET " + path + " HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n")
                           : ask(with_body(method, path, "{}", fields));
  }
};

const std::vector<std::pair<std::string, std::string>> reads{{"GET", "/"},
                                                             {"GET", "/openapi.json"},
                                                             {"GET", "/metrics"},
                                                             {"GET", "/status"},
                                                             {"GET", "/predictions"},
                                                             {"GET", "/predictions/x"},
                                                             {"GET", "/predictions/x/files/0"}};
const std::vector<std::pair<std::string, std::string>> predicts{
  {"POST", "/predictions"}, {"PUT", "/predictions/x"},       {"POST", "/predictions/x/cancel"}, {"POST", "/trainings"},
  {"PUT", "/trainings/x"},  {"POST", "/trainings/x/cancel"}, {"GET", "/predictions/x/events"}};

bool is_let_in(unsigned status) {
  return status != 401 && status != 403 && status != 429;
}

}   // namespace

TEST_CASE_FIXTURE(keyed_fixture, "exchange: without a key, or with a wrong one, only what is open is answered") {
  for (auto* all : {&reads, &predicts})
    for (auto& [method, path] : *all) {
      CAPTURE(path);
      auto missing = ask_with("", method, path);
      CHECK(missing.status == 401);
      CHECK(missing.body == R"({"detail":"API key missing"})");
      CHECK(missing.fields["www-authenticate"] == "Bearer");
      CHECK(ask_with("wrong", method, path).body == R"({"detail":"API key not known"})");
    }
  CHECK(ask_with("", "POST", "/shutdown").status == 401);
  CHECK(ask_with("", "GET", "/nowhere").status == 401);
  CHECK(ask_with("reader", "GET", "/nowhere").status == 404);
  for (auto* path : {"/livez", "/readyz", "/health-check"})
    CHECK(ask_with("", "GET", path).status == 200);
  CHECK(server.shutdowns == 0);
  CHECK_FALSE(server.asked);
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: each scope opens its own routes and no others") {
  for (auto& [method, path] : reads) {
    CAPTURE(path);
    CHECK(is_let_in(ask_with("reader", method, path).status));
    CHECK(is_let_in(ask_with("all", method, path).status));
    CHECK(ask_with("maker", method, path).body == R"({"detail":"This needs an API key of the scope read"})");
    CHECK(ask_with("root", method, path).status == 403);
  }
  for (auto& [method, path] : predicts) {
    CAPTURE(path);
    CHECK(is_let_in(ask_with("maker", method, path).status));
    CHECK(ask_with("reader", method, path).body == R"({"detail":"This needs an API key of the scope predict"})");
    CHECK(ask_with("root", method, path).status == 403);
  }
  CHECK(ask_with("all", "POST", "/shutdown").status == 200);
  CHECK(ask_with("maker", "POST", "/shutdown").status == 403);
  CHECK(server.shutdowns == 1);
}

TEST_CASE_FIXTURE(keyed_fixture,
                  "exchange: a key comes as Bearer, as Token or in a field of its own, never in the query") {
  for (auto* field : {"authorization: Bearer reader", "Authorization: bearer  reader", "authorization: Token reader",
                      "x-api-key: reader", "authorization: Basic abc\r\nX-API-Key: reader"})
    CHECK(ask("GET /predictions HTTP/1.1\r\nhost: h\r\n" + std::string{field} + "\r\n\r\n").status == 200);
  CHECK(get("/predictions?api_key=reader").status == 401);
  CHECK(
    ask("GET /predictions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer wrong\r\nx-api-key: reader\r\n\r\n").status ==
    401);
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: the state alone is for everybody, the report for readers") {
  CHECK(ask_with("", "GET", "/health-check").body == R"({"status":"READY"})");
  CHECK(ask_with("wrong", "GET", "/health-check").body == R"({"status":"READY"})");
  CHECK(ask_with("maker", "GET", "/health-check").body == R"({"status":"READY"})");
  CHECK(ask_with("reader", "GET", "/health-check").body.size() > 20);
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: the page is open, what it shows is not") {
  auto ask_html = [&](const std::string& path) {
    return ask("GET " + path + " HTTP/1.1\r\nhost: h\r\naccept: text/html\r\n\r\n").status;
  };
  CHECK(ask_html("/") == 200);
  CHECK(ask_html("/status") == 200);
  CHECK(get("/docs").status == 200);
  CHECK(get("/").status == 401);
  rules.page.mode = "off";
  CHECK(ask_html("/") == 401);
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: a prediction is known by its key, and an admin may ask for any") {
  ask_with("maker", "PUT", "/predictions/x");
  CHECK(server.asked->id == "x");
  CHECK(server.asked->known_as() == owned_id("maker", "x"));
  CHECK(server.asked->owner_limit == 3);
  ask_with("maker", "POST", "/predictions");
  CHECK(split_owned_id(server.asked->known_as()).owner == "maker");
  CHECK(split_owned_id(server.asked->known_as()).id == server.asked->id);
  ask_with("maker", "POST", "/predictions/x/cancel");
  CHECK(server.canceled == owned_id("maker", "x"));
  ask_with("reader", "GET", "/predictions/x");
  CHECK(server.found == owned_id("reader", "x"));
  ask_with("all", "GET", "/predictions/x");
  CHECK(server.found == "*" + owned_id("all", "x"));
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: lists have one's own, and all for admins") {
  auto mine = std::make_shared<prediction_snapshot>(*make_snapshot("x"));
  mine->owned_id = owned_id("reader", "x");
  server.result = mine;
  CHECK(ask_with("reader", "GET", "/predictions").body.find(R"("id":"x")") != std::string::npos);
  CHECK(ask_with("all", "GET", "/predictions").body.find(R"("id":"x")") != std::string::npos);
  CHECK(ask_with("slow", "GET", "/predictions").body == R"({"results":[]})");
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: GET /status names nobody else's predictions") {
  server.status.failures.push_back({owned_id("reader", "mine"), {}, 0, "e", ""});
  server.status.failures.push_back({owned_id("maker", "theirs"), {}, 0, "e", ""});
  auto own = ask_with("reader", "GET", "/status").body;
  CHECK(own.find(R"("id":"mine")") != own.npos);
  CHECK(own.find("theirs") == own.npos);
  auto all = ask_with("all", "GET", "/status").body;
  CHECK(all.find(R"("id":"theirs")") != all.npos);
  CHECK(all.find("maker") == all.npos);
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: a rate that is used up is 429 with when to come again") {
  CHECK(ask_with("slow", "POST", "/predictions").status == 200);
  auto refused = ask_with("slow", "POST", "/predictions");
  CHECK(refused.status == 429);
  CHECK(refused.body == R"-({"detail":"The API key slow has begun as many predictions as it may (rate=1/h)"})-");
  CHECK(std::stoul(refused.fields["retry-after"]) > 3500);
  CHECK(ask_with("slow", "GET", "/predictions").status == 200);
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: so is a key with too much in flight, which the router finds") {
  server.result = nullptr;
  give(with_body("POST", "/predictions", "{}", "x-api-key: maker\r\n"));
  auto refused = parse_answer(fail(errc::owner_limit, "too many"));
  CHECK(refused.status == 429);
  CHECK(refused.body == R"({"detail":"too many"})");
  CHECK(refused.fields["retry-after"] == "1");
  CHECK(rules.keys->metrics().find(R"({key="maker",outcome="limited"} 1)") != std::string::npos);
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: who has no key is told before the body is read") {
  auto refused = ask(
    "POST /predictions HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n"
    "expect: 100-continue\r\ncontent-length: 1000\r\n\r\n");
  CHECK(refused.status == 401);
  CHECK(refused.fields["connection"] == "close");
}

TEST_CASE_FIXTURE(keyed_fixture, "exchange: COG_SHUTDOWN rules where it says any or local") {
  rules.config.shutdown = "local";
  CHECK(ask_with("", "POST", "/shutdown").status == 403);
  local = true;
  CHECK(ask_with("", "POST", "/shutdown").status == 200);
  rules.config.shutdown = "off";
  CHECK(ask_with("all", "POST", "/shutdown").status == 404);
}

TEST_CASE_FIXTURE(keyed_fixture,
                  "exchange: the port of COG_METRICS_LISTEN has probes and metrics alone, for everybody") {
  rules.only_probes = true;
  for (auto* path : {"/livez", "/readyz", "/metrics"})
    CHECK(ask_with("", "GET", path).status == 200);
  for (auto* path : {"/", "/docs", "/health-check", "/predictions", "/openapi.json", "/page/x/main.js"})
    CHECK(ask_with("all", "GET", path).status == 404);
  CHECK(ask_with("all", "POST", "/shutdown").status == 404);
  CHECK(ask_with("all", "POST", "/predictions").status == 404);
}

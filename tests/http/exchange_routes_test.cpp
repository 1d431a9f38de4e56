#include "exchange_support.hpp"
#include "version.hpp"

using namespace cog;

TEST_CASE_FIXTURE(exchange_fixture, "exchange: an unknown path is 404 without a body") {
  for (auto path : {"/nowhere", "/predictions/a/b", "/health-check/", "/predictions/"}) {
    auto answer = get(path);
    CHECK(answer.status == 404);
    CHECK(answer.fields["content-length"] == "0");
    CHECK_FALSE(answer.has("content-type"));
    CHECK_FALSE(answer.has("allow"));
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a method that a path does not have is 405 with those it has") {
  struct row {
    std::string method, path, allow;
  };
  for (auto& [method, path, allow] : {row{"POST", "/", "GET,HEAD"},
                                      {"POST", "/health-check", "GET,HEAD"},
                                      {"PUT", "/openapi.json", "GET,HEAD"},
                                      {"DELETE", "/livez", "GET,HEAD"},
                                      {"POST", "/readyz", "GET,HEAD"},
                                      {"POST", "/metrics", "GET,HEAD"},
                                      {"GET", "/shutdown", "POST"},
                                      {"DELETE", "/predictions", "GET,HEAD,POST"},
                                      {"DELETE", "/predictions/x", "GET,HEAD,PUT"},
                                      {"GET", "/predictions/x/cancel", "POST"},
                                      {"GET", "/trainings", "POST"},
                                      {"GET", "/trainings/x", "PUT"},
                                      {"PUT", "/trainings/x/cancel", "POST"}}) {
    std::string line = std::string{method}.append(" ").append(path);
    CAPTURE(line);
    auto answer = ask(line + " HTTP/1.1\r\nhost: h\r\n\r\n");
    CHECK(answer.status == 405);
    CHECK(answer.fields["allow"] == allow);
    CHECK(answer.body.empty());
    CHECK_FALSE(closing);
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: where nothing is kept, predictions cannot be fetched") {
  rules.config.keep_results = 0;
  CHECK(get("/predictions").fields["allow"] == "POST");
  CHECK(get("/predictions/x").fields["allow"] == "PUT");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: HEAD is answered as GET, without the body") {
  server.result = make_snapshot("x");
  for (std::string path :
       {"/", "/health-check", "/openapi.json", "/livez", "/readyz", "/predictions", "/predictions/x"}) {
    CAPTURE(path);
    rules.bundled_schema = "{}";
    server.document = nullptr;
    auto whole = get(path);
    auto head = ask("HEAD " + path + " HTTP/1.1\r\nhost: h\r\n\r\n");
    CHECK(whole.status == 200);
    CHECK_FALSE(whole.body.empty());
    CHECK(head.status == whole.status);
    CHECK(head.fields == whole.fields);
    CHECK(head.body.empty());
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: the page's addresses with a slash at the end lead to those without") {
  struct row {
    std::string path, accept;
    unsigned status;
    std::string location;
  };
  for (auto& [path, accept, status, location] : {row{"/docs", "*/*", 200, ""},
                                                 {"/docs/", "*/*", 307, "../docs"},
                                                 {"/docs/?a=b", "", 307, "../docs?a=b"},
                                                 {"/status", "text/html", 200, ""},
                                                 {"/status/", "text/html", 307, "../status"},
                                                 {"/status", "*/*", 200, ""},
                                                 {"/status/", "*/*", 200, ""},
                                                 {"/status/", "text/html;q", 200, ""}}) {
    auto rest = std::string{" "}.append(path).append(" HTTP/1.1\r\nhost: h\r\naccept: ").append(accept) + "\r\n\r\n";
    CAPTURE(rest);
    auto whole = ask("GET" + rest);
    CHECK(whole.status == status);
    CHECK(whole.fields["location"] == location);
    auto head = ask("HEAD" + rest);
    CHECK(head.status == status);
    CHECK(head.fields["location"] == location);
    CHECK(head.fields["content-type"] == whole.fields["content-type"]);
    CHECK(head.body.empty());
  }
  rules.page.mode = "off";
  CHECK(get("/docs/").status == 404);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a health check is 200 whatever the state") {
  server.state = health_status::setup_failed;
  auto answer = get("/health-check");
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with(R"({"status":"SETUP_FAILED","version":{"coglet":")" + std::string{build_version}));
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a health check makes the ready file once the model is set up") {
  get("/health-check");
  CHECK(server.touched.empty());
  rules.config.ready_file = "/run/ready";
  for (auto state : {health_status::starting, health_status::setup_failed, health_status::defunct}) {
    server.state = state;
    get("/health-check");
    CHECK(server.touched.empty());
  }
  for (auto state : {health_status::ready, health_status::busy, health_status::unhealthy}) {
    server.state = state;
    server.touched.clear();
    get("/health-check");
    CHECK(server.touched == "/run/ready");
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: /livez is 503 when only a restart helps") {
  for (auto [state, status] : {std::pair{health_status::starting, 200U},
                               {health_status::ready, 200U},
                               {health_status::busy, 200U},
                               {health_status::unhealthy, 200U},
                               {health_status::setup_failed, 503U},
                               {health_status::defunct, 503U}}) {
    server.state = state;
    auto answer = get("/livez");
    CHECK(answer.status == status);
    CHECK(answer.body == "{\"status\":\"" + std::string{to_string(state)} + "\"}");
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: /readyz is 200 when predictions are run, or wait") {
  for (auto [state, status] : {std::pair{health_status::starting, 503U},
                               {health_status::ready, 200U},
                               {health_status::busy, 200U},
                               {health_status::unhealthy, 503U},
                               {health_status::setup_failed, 503U},
                               {health_status::defunct, 503U}}) {
    server.state = state;
    CHECK(get("/readyz").status == status);
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: /readyz is 503 on a connection that is to end, /livez is not") {
  closing = true;
  CHECK(get("/livez").status == 200);
  intake.finish();
  CHECK(get("/readyz").status == 503);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: /openapi.json is the model's document, until then the bundled one") {
  auto document = std::make_shared<model_document>();
  document->json = R"({"openapi":"3.0.2"})";
  server.document = document;
  CHECK(get("/openapi.json").body == R"({"openapi":"3.0.2"})");
  server.document = nullptr;
  rules.bundled_schema = R"({"bundled":1})";
  CHECK(get("/openapi.json").body == R"({"bundled":1})");
  rules.bundled_schema.clear();
  auto answer = get("/openapi.json");
  CHECK(answer.status == 503);
  CHECK(answer.body == R"({"error":"OpenAPI schema not available"})");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: / tells the routes, those of trainings if the model has them") {
  auto answer = get("/");
  CHECK(answer.fields["content-type"] == "application/json");
  CHECK(answer.body.find(R"("predictions_url":"/predictions")") != answer.body.npos);
  CHECK(answer.body.find("trainings_url") == answer.body.npos);
  CHECK(answer.body.find("gpus") == answer.body.npos);
  std::string problem;
  server.document = make_document(R"({"components":{"schemas":{"Input":{"type":"object","properties":{}},)"
                                  R"("TrainingInput":{"type":"object","properties":{}}}}})",
                                  problem);
  REQUIRE(problem.empty());
  answer = get("/");
  CHECK(answer.body.find(R"("trainings_url":"/trainings")") != answer.body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: / tells the devices if there are any") {
  server.devices.driver = "550.1";
  gpu_device device;
  device.index = 2;
  server.devices.devices.push_back({device, {0, 1}, true});
  auto body = get("/").body;
  CHECK(body.find(R"("gpu_driver":"550.1")") != body.npos);
  CHECK(body.find(R"("state":"lost","workers":[0,1])") != body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: /status tells of workers, devices, failures and deaths") {
  std::chrono::system_clock::time_point moment{std::chrono::seconds{1'700'000'000}};
  pool_status::worker worker;
  worker.report.phase = worker_phase::ready;
  worker.report.pid = 4711;
  worker.report.deaths_in_a_row = 2;
  worker.record = {.since = moment, .predictions = 7, .restarts = 3, .died_at = moment, .cause = "signal 9"};
  worker.runs.push_back({"p1", moment});
  server.status.workers = {worker};
  server.status.failures = {{"p0", moment, 0, "ValueError: \"x\"", R"(one\ntwo)"}};
  server.status.deaths = {{moment, 0, "signal 9", {"a"}}};
  gpu_device device;
  device.index = 1;
  device.uuid = "GPU-1";
  server.devices.devices.push_back({.device = device, .workers = {0}, .memory_used = 40, .utilization = 0.5});
  auto answer = get("/status");
  CHECK(answer.status == 200);
  CHECK(answer.fields["content-type"] == "application/json");
  CHECK(answer.fields["cache-control"] == "no-store");
  for (auto* part :
       {R"("status":"READY")", R"("state":"busy","since":"2023-11-14T22:13:20)", R"("pid":4711)",
        R"("running":[{"id":"p1","since":"2023-11-14)", R"("predictions":7,"restarts":{"total":3,"in_a_row":2})",
        R"("error":"ValueError: \"x\"","log_tail":"one\ntwo")", R"("cause":"signal 9","predictions":["a"])",
        R"("memory_used_bytes":40,"utilization":0.5,"workers":[0])", R"("webhooks":{"waiting":0,"given_up":0})"})
    CHECK_MESSAGE(answer.body.find(part) != std::string::npos, answer.body);
  CHECK(ask("GET /status HTTP/1.1\r\nhost: h\r\naccept: text/html\r\n\r\n")
          .fields["content-type"]
          .starts_with("text/html"));
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: /metrics has those of the actors, of HTTP and of the bodies' memory") {
  rules.counters->count(route::livez, 200);
  auto answer = get("/metrics");
  CHECK(answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer.body.starts_with("pool_metrics 1\n"));
  CHECK(answer.body.find("cog_http_requests_total{route=\"/livez\",status=\"200\"} 1\n") != answer.body.npos);
  CHECK(answer.body.find("cog_body_memory_bytes 0\n") != answer.body.npos);
  CHECK(answer.body.find("cog_output_memory_bytes 0\n") != answer.body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: when the router is gone, whatever asks it is told so") {
  server.failure = errc::draining;
  for (auto path :
       {"/health-check", "/livez", "/readyz", "/openapi.json", "/", "/metrics", "/predictions", "/status"}) {
    CAPTURE(path);
    auto answer = get(path);
    CHECK(answer.status == 503);
    CHECK(answer.fields["connection"] == "close");
    closing = false;
    intake.finish();
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: POST /shutdown stops the server") {
  auto answer = post("/shutdown", "");
  CHECK(answer.status == 200);
  CHECK(answer.body == "{}");
  CHECK(server.shutdowns == 1);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: POST /shutdown may be off, or only for clients on the same machine") {
  rules.config.shutdown = "off";
  local = true;
  CHECK(post("/shutdown", "").status == 404);
  rules.config.shutdown = "local";
  local = false;
  auto answer = post("/shutdown", "");
  CHECK(answer.status == 403);
  CHECK(answer.body.find("COG_SHUTDOWN=local") != answer.body.npos);
  CHECK(server.shutdowns == 0);
  local = true;
  CHECK(post("/shutdown", "").status == 200);
  CHECK(server.shutdowns == 1);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a page of another site may not stop the server") {
  for (auto field : {"sec-fetch-site: cross-site\r\n", "origin: http://evil.example\r\n"}) {
    auto answer = post("/shutdown", "", field);
    CHECK(answer.status == 403);
    CHECK(answer.body == "A web page of another site may not do this");
  }
  CHECK(server.shutdowns == 0);
  CHECK(post("/shutdown", "", "sec-fetch-site: same-origin\r\norigin: http://h\r\n").status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: with COG_ALLOWED_HOSTS any other name is 421, on every route") {
  rules.config.allowed_hosts = {"model.example"};
  for (auto path : {"/", "/health-check", "/predictions", "/nowhere"}) {
    auto answer = get(path);
    CHECK(answer.status == 421);
    CHECK(answer.body == "The host `h` is none of COG_ALLOWED_HOSTS");
  }
  CHECK(ask("GET /livez HTTP/1.1\r\nhost: MODEL.example:80\r\n\r\n").status == 200);
  CHECK(ask("GET /livez HTTP/1.1\r\nhost: 10.0.0.1:80\r\n\r\n").status == 200);
  CHECK(ask("GET /livez HTTP/1.0\r\n\r\n").status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a place beyond the limit is for probes alone") {
  spare = true;
  for (auto path : {"/health-check", "/livez", "/readyz"})
    CHECK(get(path).status == 200);
  for (auto path : {"/", "/metrics", "/predictions", "/nowhere"}) {
    auto answer = get(path);
    CHECK(answer.status == 503);
    CHECK(answer.fields["retry-after"] == "1");
    CHECK(answer.body == "Too many connections; try again later");
  }
  CHECK(post("/predictions", "{}").status == 503);
  CHECK_FALSE(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: in a place beyond the limit a body is refused before it has come") {
  spare = true;
  auto text = give("POST /predictions HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\nexpect: 100-continue\r\n\r\n");
  auto answer = parse_answer(text);
  CHECK(answer.status == 503);
  CHECK(answer.fields["connection"] == "close");
}

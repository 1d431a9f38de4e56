#include "exchange_support.hpp"

using namespace cog;

namespace {

/// `text` is required, `n` is a number.
document_ptr make_schema() {
  std::string problem;
  auto document =
    make_document(R"({"components":{"schemas":{"Input":{"type":"object","required":["text"],"properties":{)"
                  R"("text":{"type":"string"},"n":{"type":"integer"},"image":{"type":"string","format":"uri"}}}}}})",
                  problem);
  REQUIRE(problem.empty());
  return document;
}

snapshot_ptr make_running(std::string id) {
  auto result = std::make_shared<prediction_snapshot>();
  result->id = std::move(id);
  result->status = prediction_status::processing;
  result->input = R"({"text":"a"})";
  return result;
}

}   // namespace

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a prediction is answered when it has ended, and not before") {
  CHECK(give(with_body("POST", "/predictions", R"({"input":{"text":"a"}})")).empty());
  REQUIRE(server.asked);
  CHECK(server.asked->input_json() == R"({"text":"a"})");
  CHECK_FALSE(server.followed);
  auto answer = parse_answer(finish(make_snapshot(server.asked->id)));
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"("output":"hello")") != answer.body.npos);
  CHECK(answer.body.find(R"("status":"succeeded")") != answer.body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a prediction that failed is a result, too") {
  give(with_body("POST", "/predictions", "{}"));
  auto answer = parse_answer(finish(make_snapshot("x", prediction_status::failed)));
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"("status":"failed")") != answer.body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: files of an output are written in the places they have") {
  auto result = std::make_shared<prediction_snapshot>(*make_snapshot("x"));
  result->output.json = R"(["",1])";
  result->output.files = {{{1, 2}, "/tmp/one", "image/png", 3}};
  server.result = result;
  auto answer = post("/predictions", "{}");
  CHECK(answer.body.find(R"("output":["data:image/png;base64,</tmp/one>",1])") != answer.body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: respond-async is answered 202 as soon as it is accepted") {
  give(with_body("POST", "/predictions", "{}", "prefer: respond-async\r\n"));
  CHECK(server.asked->respond_async);
  auto answer = parse_answer(finish(make_snapshot("x", prediction_status::starting)));
  CHECK(answer.status == 202);
  CHECK(answer.body == R"({"id":"x","status":"starting"})");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a PUT whose id is in flight is answered with its state") {
  give(with_body("PUT", "/predictions/x", "{}"));
  auto answer = parse_answer(finish(make_running("x")));
  CHECK(answer.status == 202);
  CHECK(answer.body.find(R"("status":"processing")") != answer.body.npos);
  CHECK(answer.body.find(R"("input":{"text":"a"})") != answer.body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: an error of the router has a status and a body of its own") {
  struct row {
    errc code;
    unsigned status;
    bool failed;
    std::string retry_after;
  };
  for (auto& [code, status, failed, retry_after] : {row{errc::at_capacity, 409, true, "1"},
                                                    {errc::id_in_flight, 409, true, "1"},
                                                    {errc::not_ready, 503, true, "1"},
                                                    {errc::setup_failed, 503, true, ""},
                                                    {errc::defunct, 503, true, ""},
                                                    {errc::not_streaming, 406, false, ""},
                                                    {errc::too_slow, 503, false, "1"},
                                                    {errc::too_many_followers, 429, false, "1"}}) {
    CAPTURE(status);
    give(with_body("POST", "/predictions", "{}"));
    auto answer = parse_answer(fail(code, "what it is"));
    CHECK(answer.status == status);
    CHECK(answer.body == (failed ? R"({"error":"what it is","status":"failed"})" : R"({"error":"what it is"})"));
    CHECK(answer.fields["retry-after"] == retry_after);
    CHECK_FALSE(closing);
  }
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: an error that says when to try again is believed") {
  give(with_body("POST", "/predictions", "{}"));
  server.running.error(make_error(errc::at_capacity, "busy", 17));
  auto answer = parse_answer(written());
  CHECK(answer.status == 409);
  CHECK(answer.body == R"({"error":"busy","status":"failed"})");
  CHECK(answer.fields["retry-after"] == "17");
}

TEST_CASE_FIXTURE(exchange_fixture,
                  "exchange: a prediction whose time was over before it ran is 504, with its ordinary body") {
  give(with_body("POST", "/predictions", "{}"));
  auto late = std::make_shared<prediction_snapshot>();
  late->id = "x";
  late->status = prediction_status::canceled;
  late->error = "Deadline of 1.5 s passed before it ran";
  late->too_late = true;
  auto answer = parse_answer(finish(late));
  CHECK(answer.status == 504);
  CHECK(answer.body ==
        R"({"error":"Deadline of 1.5 s passed before it ran","id":"x","logs":"","metrics":{"predict_time":0.0},)"
        R"("status":"canceled"})");
  late->too_late = false;
  give(with_body("POST", "/predictions", "{}"));
  CHECK(parse_answer(finish(late)).status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a deadline that cannot be read is 400 and reaches nobody") {
  auto answer = post("/predictions", "{}", "cancel-after: soon\r\n");
  CHECK(answer.status == 400);
  CHECK(answer.body == "Cancel-After must be a positive time such as 90 (seconds), 90s, 5m, 1h30m or 500ms");
  CHECK_FALSE(server.asked);
  CHECK_FALSE(closing);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: whose a prediction is says the field that COG_FAIR_BY names") {
  rules.config.fair_by = "X-Customer";
  give(with_body("POST", "/predictions", "{}", "x-customer: ada\r\n"));
  CHECK(server.asked->fair_key == "ada");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a server that stops refuses, and ends the connection") {
  give(with_body("POST", "/predictions", "{}"));
  auto answer = parse_answer(fail(errc::draining, "the server is stopping"));
  CHECK(answer.status == 503);
  CHECK(answer.fields["retry-after"] == "1");
  CHECK(answer.fields["connection"] == "close");
}

TEST_CASE_FIXTURE(exchange_fixture,
                  "exchange: while results fill the memory for them nothing is run, all else is answered") {
  rules.outputs = make_account(16);
  memory_lease results{rules.outputs};
  results.set(15);
  auto answer = post("/predictions", "{}");
  CHECK(answer.status == 503);
  CHECK(answer.fields["retry-after"] == "1");
  CHECK(answer.body.find("COG_MAX_OUTPUT_MEMORY") != answer.body.npos);
  CHECK_FALSE(server.asked);
  CHECK(get("/livez").status == 200);
  CHECK(get("/predictions").status == 200);
  results.set(0);
  give(with_body("POST", "/predictions", "{}"));
  CHECK(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a body of another media type is 415") {
  for (std::string type : {"text/plain", "application/x-www-form-urlencoded"}) {
    auto answer =
      ask("POST /predictions HTTP/1.1\r\nhost: h\r\ncontent-type: " + type + "\r\ncontent-length: 2\r\n\r\n{}");
    CHECK(answer.status == 415);
    CHECK(answer.body == "Expected request with `Content-Type: application/json`");
    CHECK_FALSE(closing);
  }
  CHECK_FALSE(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: without a media type the body is taken for an empty object") {
  give("POST /predictions HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\n[1]");
  REQUIRE(server.asked);
  CHECK(server.asked->body == "{}");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a page of another site may not predict without asking first") {
  auto answer =
    ask("POST /predictions HTTP/1.1\r\nhost: h\r\norigin: http://evil.example\r\ncontent-length: 0\r\n\r\n");
  CHECK(answer.status == 403);
  CHECK_FALSE(server.asked);
  give(with_body("POST", "/predictions", "{}", "origin: http://evil.example\r\n"));   // it has asked for this one
  CHECK(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: what is no JSON is 400, what is no create request 422, in plain text") {
  auto answer = post("/predictions", "{\"input\":");
  CHECK(answer.status == 400);
  CHECK(answer.fields["content-type"] == "text/plain; charset=utf-8");
  answer = post("/predictions", "[]");
  CHECK(answer.status == 422);
  CHECK(answer.fields["content-type"] == "text/plain; charset=utf-8");
  CHECK_FALSE(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a wrong input of a POST is 422 and reaches nobody") {
  server.document = make_schema();
  auto answer = post("/predictions", R"({"input":{"n":"x"}})");
  CHECK(answer.status == 422);
  CHECK(answer.body.starts_with(R"({"detail":[{"loc":["body","input",)"));
  CHECK_FALSE(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a wrong input of a PUT is 422 unless the router knows its id") {
  server.document = make_schema();
  give(with_body("PUT", "/predictions/x", R"({"input":{"n":"x"}})"));
  REQUIRE(server.asked);
  CHECK_FALSE(server.asked->errors.empty());
  auto answer = parse_answer(fail(errc::invalid_input, ""));
  CHECK(answer.status == 422);
  CHECK(answer.body.starts_with(R"({"detail":[{"loc":["body","input",)"));
  give(with_body("PUT", "/predictions/x", R"({"input":{"n":"x"}})"));
  CHECK(parse_answer(finish(make_running("x"))).status == 202);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: an input that does not fit a document that has come since is 422") {
  auto document = std::make_shared<model_document>(*make_schema());
  document->source = 3;
  server.document = document;
  give(with_body("POST", "/predictions", R"({"input":{"text":"a"}})"));
  REQUIRE(server.asked);
  CHECK(server.asked->source == 3);
  auto answer = parse_answer(fail(errc::invalid_input, R"({"detail":[]})"));
  CHECK(answer.status == 422);
  CHECK(answer.body == R"({"detail":[]})");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: keys that the model does not have are no error") {
  server.document = make_schema();
  give(with_body("POST", "/predictions", R"({"input":{"text":"a","more":1}})"));
  REQUIRE(server.asked);
  CHECK(server.asked->unknown_keys == std::vector<std::string>{"more"});
}

TEST_CASE_FIXTURE(exchange_fixture,
                  "exchange: a server of predictions has no trainings, one of trainings no predictions") {
  for (auto method : {"POST", "PUT"}) {
    auto id = std::string{method} == "PUT" ? "/x" : "";
    auto answer = ask(with_body(method, std::string{"/trainings"} + id, "{}"));
    CHECK(answer.status == 404);
    CHECK(answer.body.find("--x-mode train") != answer.body.npos);
    rules.config.mode = "train";
    answer = ask(with_body(method, std::string{"/predictions"} + id, "{}"));
    CHECK(answer.status == 404);
    CHECK(answer.body.find("without --x-mode train") != answer.body.npos);
    rules.config.mode = "predict";
  }
  CHECK_FALSE(server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: trainings are run as predictions are") {
  rules.config.mode = "train";
  give(with_body("PUT", "/trainings/t", "{}"));
  REQUIRE(server.asked);
  CHECK(server.asked->training);
  CHECK(server.asked->id == "t");
  CHECK(parse_answer(finish(make_snapshot("t"))).status == 200);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: the id of a path is decoded, and is to be UTF-8") {
  for (auto text :
       {with_body("PUT", "/predictions/%ff", "{}"), std::string{"GET /predictions/%ff HTTP/1.1\r\nhost: h\r\n\r\n"},
        std::string{"POST /predictions/%ff/cancel HTTP/1.1\r\nhost: h\r\n\r\n"}}) {
    auto answer = ask(text);
    CHECK(answer.status == 400);
    CHECK(answer.body == "Invalid URL: Invalid UTF-8 in `id`");
  }
  give(with_body("PUT", "/predictions/a%2Fb%20c", "{}"));
  CHECK(server.asked->id == "a/b c");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: GET of an id tells its state, or that there is none") {
  auto answer = get("/predictions/x%20y");
  CHECK(server.found == "x y");
  CHECK(answer.status == 404);
  CHECK(answer.body == R"({"error":"Prediction not found"})");
  server.result = make_snapshot("x y");
  answer = get("/predictions/x%20y");
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"("id":"x y")") != answer.body.npos);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: GET /predictions lists what is kept") {
  CHECK(get("/predictions").body == R"({"results":[]})");
  server.result = make_snapshot("x");
  CHECK(get("/predictions").body == R"({"results":[{"id":"x","status":"succeeded"}]})");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a cancel is 200 when the id is in flight, else 404") {
  auto answer = post("/predictions/x/cancel", "");
  CHECK(answer.status == 404);
  CHECK(answer.body == "{}");
  server.result = make_running("x");
  answer = post("/predictions/x/cancel", "");
  CHECK(answer.status == 200);
  CHECK(server.canceled == "x");
  CHECK(post("/trainings/t/cancel", "").status == 200);
  CHECK(server.canceled == "t");
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a client who leaves cancels what runs for it alone") {
  give(with_body("POST", "/predictions", R"({"id":"x"})"));
  under_test->leave();
  CHECK(server.left == server.asked);
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: a client who leaves cancels nothing that need not be waited for") {
  give(with_body("POST", "/predictions", "{}", "prefer: respond-async\r\n"));
  under_test->leave();
  CHECK_FALSE(server.left);
  CHECK(server.detached.empty());
}

TEST_CASE_FIXTURE(exchange_fixture, "exchange: the id is known for the log as early as it can be") {
  give(with_body("PUT", "/predictions/x", "{}"));
  CHECK(under_test->prediction_id() == "x");
  finish(make_snapshot("x"));
  give(with_body("POST", "/predictions", R"({"id":"y"})"));
  CHECK(under_test->prediction_id() == "y");
}

#include "prediction/answer.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

prediction_snapshot succeeded() {
  prediction_snapshot prediction;
  prediction.id = "p\"1";
  prediction.status = prediction_status::succeeded;
  prediction.output.form = prediction_output::shape::value;
  prediction.output.json = "\"done\"";
  prediction.logs = R"(step 1\n)";
  prediction.metrics = R"("tokens":{"in":12})";
  prediction.predict_time = 1.204518;
  return prediction;
}

std::string whole(const answer_text& answer) {
  std::string text;
  for (auto& piece : answer)
    if (auto file = std::get_if<output_file>(&piece))
      text += "<" + file->path + ">";
    else if (auto slice = std::get_if<text_slice>(&piece))
      text += slice->text;
    else
      text += std::get<std::string>(piece);
  return text;
}

}   // namespace

TEST_CASE("answer: a success has its output, logs and metrics in key order") {
  CHECK(whole(final_answer(succeeded())) ==
        R"({"id":"p\"1","logs":"step 1\n","metrics":{"predict_time":1.204518,"tokens":{"in":12}},)"
        R"("output":"done","status":"succeeded"})");
}

TEST_CASE("answer: a failure has its error and logs but no output") {
  auto prediction = succeeded();
  prediction.status = prediction_status::failed;
  prediction.error = "ValueError: bad";
  prediction.metrics.clear();
  CHECK(whole(final_answer(prediction)) ==
        R"({"error":"ValueError: bad","id":"p\"1","logs":"step 1\n","metrics":{"predict_time":1.204518},)"
        R"("status":"failed"})");
}

TEST_CASE("answer: a cancelled prediction has neither error nor output, unless its time was over") {
  auto prediction = succeeded();
  prediction.status = prediction_status::canceled;
  prediction.metrics.clear();
  CHECK(whole(final_answer(prediction)) ==
        R"({"id":"p\"1","logs":"step 1\n","metrics":{"predict_time":1.204518},"status":"canceled"})");
  prediction.error = "Deadline of 1.5 s passed while it ran";
  CHECK(whole(final_answer(prediction)).starts_with(R"({"error":"Deadline of 1.5 s passed while it ran","id":)"));
}

TEST_CASE("answer: one that waits tells where it stands, and for how long if that is known") {
  prediction_snapshot prediction;
  prediction.id = "a";
  prediction.queue.position = 3;
  CHECK(whole(state_answer(prediction)) ==
        R"({"id":"a","logs":"","metrics":{},"queue":{"position":3},"status":"starting"})");
  prediction.queue.wait_ms = 450;
  CHECK(
    whole(kept_answer(prediction)).ends_with(R"("queue":{"position":3,"estimated_wait_ms":450},"status":"starting"})"));
}

TEST_CASE("answer: its deadline is shown where its other times are") {
  prediction_snapshot prediction;
  prediction.deadline = std::chrono::system_clock::time_point{std::chrono::seconds{90}};
  CHECK(whole(kept_answer(prediction)).starts_with(R"({"deadline":"1970-01-01T00:01:30)"));
  CHECK(whole(state_answer(prediction)).find("deadline") == std::string::npos);
}

TEST_CASE("answer: no output is null, no chunks are an empty list") {
  auto prediction = succeeded();
  prediction.output = {};
  CHECK(whole(final_answer(prediction)).find(R"("output":null,)") != std::string::npos);
  prediction.output.form = prediction_output::shape::chunks;
  CHECK(whole(final_answer(prediction)).find(R"("output":[],)") != std::string::npos);
  prediction.output.json = R"("a","b")";
  CHECK(whole(final_answer(prediction)).find(R"("output":["a","b"],)") != std::string::npos);
}

TEST_CASE("answer: predict_time stands among the metrics where its key belongs") {
  auto prediction = succeeded();
  prediction.predict_time = 2;
  auto metrics = [&](const char* recorded) {
    prediction.metrics = recorded;
    auto text = whole(final_answer(prediction));
    auto begin = text.find("\"metrics\":") + 10;
    return text.substr(begin, text.find(",\"output\"") - begin);
  };
  CHECK(metrics("") == R"({"predict_time":2.0})");
  CHECK(metrics(R"("a":1,"z":[1.50])") == R"({"a":1,"predict_time":2.0,"z":[1.50]})");
  CHECK(metrics(R"("a":1)") == R"({"a":1,"predict_time":2.0})");
  CHECK(metrics(R"("predict_time":{"x":1},"q":1)") == R"({"predict_time":2.0,"q":1})");
}

TEST_CASE("answer: the state of a running prediction shows its input and the chunks so far") {
  prediction_snapshot prediction;
  prediction.id = "job-17";
  prediction.status = prediction_status::processing;
  prediction.input = R"({"prompt":"a"})";
  prediction.logs = R"(step 1\n)";
  CHECK(whole(state_answer(prediction)) ==
        R"({"id":"job-17","input":{"prompt":"a"},"logs":"step 1\n","metrics":{},"status":"processing"})");
  prediction.metrics = R"("n":1)";
  prediction.output.form = prediction_output::shape::chunks;
  prediction.output.json = R"("chunk-0")";
  CHECK(whole(state_answer(prediction)) ==
        R"({"id":"job-17","input":{"prompt":"a"},"logs":"step 1\n","metrics":{"n":1},"output":["chunk-0"],)"
        R"("status":"processing"})");
}

TEST_CASE("answer: the state of a finished prediction keeps its output whatever its end") {
  auto prediction = succeeded();
  CHECK(whole(state_answer(prediction)) == whole(final_answer(prediction)));
  prediction.output = {};
  CHECK(whole(state_answer(prediction)).find(R"("output":null)") != std::string::npos);
  prediction.status = prediction_status::failed;
  CHECK(whole(state_answer(prediction)).find("output") == std::string::npos);
  prediction.output.form = prediction_output::shape::value;
  prediction.output.json = "1";
  CHECK(whole(state_answer(prediction)).find(R"("output":[1],"status":"failed")") != std::string::npos);
}

TEST_CASE("answer: files stand between pieces of text") {
  auto prediction = succeeded();
  prediction.output.form = prediction_output::shape::chunks;
  prediction.output.json = R"("@","@","x")";
  prediction.output.files = {{{0, 3}, "/a", "image/png", 4}, {{4, 3}, "/b", "text/plain", 6}};
  auto answer = final_answer(prediction);
  REQUIRE(answer.size() == 5);
  CHECK(std::get<output_file>(answer[1]).path == "/a");
  auto text = whole(answer);
  CHECK(text.find(R"("output":[</a>,</b>,"x"],"status")") != std::string::npos);
  auto first = std::string{R"("data:image/png;base64,AAAAAAA=")"},
       second = std::string{R"("data:text/plain;base64,AAAAAAAA")"};
  CHECK(data_url_prefix("image/png") == R"("data:image/png;base64,)");
  CHECK(content_length(answer) == text.size() - 8 + first.size() + second.size());
}

TEST_CASE("answer: a single file is the whole output") {
  auto prediction = succeeded();
  prediction.output.json = "\"@\"";
  prediction.output.files = {{{0, 3}, "/a", "image/png", 0}};
  CHECK(whole(final_answer(prediction)).find(R"("output":</a>,"status":"succeeded"})") != std::string::npos);
}

TEST_CASE("answer: lengths count escaped text as it is written") {
  CHECK(content_length(final_answer(succeeded())) == whole(final_answer(succeeded())).size());
}

TEST_CASE("answer: bodies of errors") {
  CHECK(detail_body({{"count", "99 is \"big\"", "value_error"}, {"prompt", "Field required", "value_error.missing"}}) ==
        R"({"detail":[{"loc":["body","input","count"],"msg":"99 is \"big\"","type":"value_error"},)"
        R"({"loc":["body","input","prompt"],"msg":"Field required","type":"value_error.missing"}]})");
  CHECK(id_mismatch_body("prediction") ==
        R"({"detail":[{"loc":["body","id"],"msg":"prediction ID must match the ID supplied in the URL",)"
        R"("type":"value_error"}]})");
  CHECK(error_body("no\n") == R"({"error":"no\n"})");
  CHECK(failed_body("busy") == R"({"error":"busy","status":"failed"})");
}

#include "http/bodies.hpp"
#include "http/body_stream.hpp"
#include "http/response.hpp"
#include "http/status_map.hpp"
#include "version.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("response: the head carries type, length, more headers and the end of the connection") {
  auto response = json_response(409, "{}");
  response.more_headers.emplace_back("retry-after: 1");
  auto head = make_head(response, 2, false);
  CHECK(head.starts_with("HTTP/1.1 409 Conflict\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"));
  CHECK(head.find("\r\nretry-after: 1\r\n") != std::string::npos);
  CHECK(head.find("\r\nconnection: close\r\n") != std::string::npos);
  CHECK(head.find("\r\ndate: ") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(make_head(response, 2, true).find("connection:") == std::string::npos);
}

TEST_CASE("response: plain words are text, no words have no type") {
  CHECK(text_response(415, "x").content_type == "text/plain; charset=utf-8");
  CHECK(text_response(404, {}).content_type.empty());
}

TEST_CASE("status_map: every error of the server's own has a status of the 4xx or 5xx kind") {
  for (int code = static_cast<int>(errc::at_capacity); code <= static_cast<int>(errc::too_slow); ++code) {
    auto status = status_of(static_cast<errc>(code)).status;
    CHECK(status >= 400);
    CHECK(status < 600);
    CHECK_FALSE(to_string(static_cast<errc>(code)).empty());
  }
}

TEST_CASE("status_map: what may go better later says when") {
  CHECK(status_of(errc::at_capacity).retry_after > 0);
  CHECK(status_of(errc::not_ready).retry_after > 0);
  CHECK(status_of(errc::defunct).retry_after == 0);
}

TEST_CASE("body_stream: texts pass, a file becomes a data URL in pieces that join") {
  output_file file{{}, "/f", "image/png", 800000};
  body_stream body{answer_text{std::string{"{\"output\":"}, file, std::string{"}"}}};
  CHECK(body.next().text == "{\"output\":");
  auto first = body.next();
  CHECK(first.text == "\"data:image/png;base64,");
  REQUIRE(first.piece);
  CHECK(first.piece->offset == 0);
  CHECK(first.piece->length % 3 == 0);
  auto second = body.next();
  REQUIRE(second.piece);
  CHECK(second.text.empty());
  CHECK(second.piece->offset == first.piece->length);
  CHECK(second.piece->offset + second.piece->length == file.size);
  CHECK(body.next().text == "\"");
  CHECK(body.next().text == "}");
  CHECK(body.empty());
}

TEST_CASE("body_stream: an empty file is an empty data URL") {
  body_stream body{answer_text{output_file{{}, "/f", "text/plain", 0}}};
  auto step = body.next();
  CHECK(step.text == "\"data:text/plain;base64,\"");
  CHECK_FALSE(step.piece);
  CHECK(body.empty());
}

TEST_CASE("bodies: discovery has ascending keys, and the training routes only for a model that trains") {
  CHECK(index_body(false, {}).starts_with(R"({"cog_version":"0.23.1","docs_url":"/docs",)"));
  CHECK(index_body(false, {}).find("trainings") == std::string::npos);
  CHECK(index_body(true, {}).ends_with(
    R"("trainings_idempotent_url":"/trainings/{training_id}","trainings_url":"/trainings"})"));
}

TEST_CASE("bodies: the health check keeps its own order of keys and leaves out what is not known") {
  health_answer health;
  health.status = health_status::unhealthy;
  health.user_error = "Healthcheck failed: no";
  setup_result setup;
  setup.started_at = "a";
  setup.status = "starting";
  health.setup = std::make_shared<const setup_result>(setup);
  auto version = R"("version":{"coglet":")" + std::string{build_version} + R"(","git_sha":")" +
    std::string{build_commit} + R"(","build_time":")" + std::string{build_time} + "\"}";
  CHECK(health_body(health) ==
        R"({"status":"UNHEALTHY","setup":{"started_at":"a","status":"starting"},)" + version +
          R"(,"user_healthcheck_error":"Healthcheck failed: no"})");
  setup.sdk = "0.23.1";
  setup.python = "3.11.2";
  health.setup = std::make_shared<const setup_result>(setup);
  CHECK(health_body(health).find(R"("python_sdk":"0.23.1","python":"3.11.2"})") != std::string::npos);
}

TEST_CASE("bodies: the health check tells what became of the last change of the source") {
  health_answer health;
  auto told = [&](const reload_result& reload) {
    health.reload = std::make_shared<const reload_result>(reload);
    auto body = health_body(health);
    return body.substr(body.find(R"("reload")"));
  };
  CHECK(health_body(health).find("reload") == std::string::npos);
  CHECK(told({}) == R"("reload":{"status":"none","version":0,"serving":0}})");
  reload_result failed;
  failed.status = reload_result::state::failed;
  failed.version = 3;
  failed.serving = 2;
  failed.error = "no luck";
  failed.logs = "at work";
  failed.started_at = "a";
  failed.completed_at = "b";
  CHECK(told(failed) ==
        R"("reload":{"status":"failed","version":3,"serving":2,"started_at":"a","completed_at":"b",)"
        R"("error":"no luck","logs":"at work"}})");
}

TEST_CASE("bodies: probes tell the state") {
  health_answer health;
  health.status = health_status::setup_failed;
  CHECK(probe_body(health) == R"({"status":"SETUP_FAILED"})");
}

TEST_CASE("bodies: capacity that is gone for good is told with its causes") {
  health_answer health;
  health.status = health_status::ready;
  health.slots = 8;
  health.live_slots = 7;
  CHECK(probe_body(health) == R"({"status":"READY"})");
  health.given_up = {"worker 3: GPU 3 is lost"};
  auto capacity = R"("capacity":{"slots":8,"live":7,"given_up":["worker 3: GPU 3 is lost"]}})";
  CHECK(probe_body(health) == R"({"status":"READY",)" + std::string{capacity});
  CHECK(health_body(health).ends_with(capacity));
}

TEST_CASE("bodies: discovery tells of GPUs where there are any") {
  gpu_device device;
  device.index = 1;
  device.uuid = "GPU-1";
  device.name = "A100";
  device.memory = 1024;
  device.compute_capability = "8.0";
  device_report report{"550.54", "12.4", {{device, {0, 2}, true}}};
  CHECK(
    index_body(false, report)
      .find(R"("docs_url":"/docs","gpu_driver":"550.54","gpus":[{"index":1,"uuid":"GPU-1","name":"A100",)"
            R"("memory_bytes":1024,"compute_capability":"8.0","state":"lost","workers":[0,2]}],"healthcheck_url")") !=
    std::string::npos);
}

#include "server/server_options.hpp"
#include "../support/temporary_folder.hpp"
#include <algorithm>
#include <doctest/doctest.h>
#include <map>

using namespace cog;

namespace {

using variables = std::map<std::string, std::string>;

struct outcome {
  server_options options;
  std::optional<early_exit> exit;
};

outcome read(std::vector<const char*> arguments, const variables& set = {{"COG_PREDICT_TYPE_STUB", "predict.py:P"}}) {
  arguments.insert(arguments.begin(), "coglet");
  outcome result;
  auto variable = [&](const std::string& name) {
    auto found = set.find(name);
    return found == set.end() ? std::nullopt : std::optional{found->second};
  };
  result.exit = read_server_options(static_cast<int>(arguments.size()), arguments.data(), variable, result.options);
  return result;
}

variables with(const std::string& name, const std::string& value) {
  return {{"COG_PREDICT_TYPE_STUB", "predict.py:P"}, {name, value}};
}

}   // namespace

TEST_CASE("server_options: what holds when nothing is said") {
  auto [options, exit] = read({});
  REQUIRE_FALSE(exit);
  CHECK(options.config.host == "0.0.0.0");
  CHECK(options.config.port == 5000);
  CHECK(options.config.reference == "predict.py:P");
  CHECK(options.config.max_concurrency == 0);
  CHECK(options.config.max_queue == 0);
  CHECK(options.warnings.empty());
}

TEST_CASE("server_options: the flag's port goes before the variable's") {
  CHECK(read({}, with("PORT", "1234")).options.config.port == 1234);
  CHECK(read({"--port", "0"}, with("PORT", "1234")).options.config.port == 0);
}

TEST_CASE("server_options: a port that is none ends with 1, a bad flag with 2") {
  for (auto* port : {"x", "", "70000", "-1", "80a"})
    CHECK(read({}, with("PORT", port)).exit->code == 1);
  CHECK(read({"--nonsense"}).exit->code == 2);
  CHECK(read({"--x-mode", "dance"}).exit->code == 2);
}

TEST_CASE("server_options: version and help end with 0") {
  CHECK(read({"--version"}).exit->code == 0);
  CHECK(read({"-v"}).exit->out.starts_with("coglet (C++) "));
  CHECK(read({"--help"}).exit->out.find("--upload-url") != std::string::npos);
}

TEST_CASE("server_options: without a reference the message names the variable") {
  auto [options, exit] = read({"--project", "/nonexistent"}, {});
  REQUIRE(exit);
  CHECK(exit->code == 1);
  CHECK(exit->err.starts_with("ERROR: COG_PREDICT_TYPE_STUB environment variable is not set."));
  CHECK(read({"--project", "/nonexistent", "--x-mode", "train"}, {}).exit->err.find("COG_TRAIN_TYPE_STUB") !=
        std::string::npos);
}

TEST_CASE("server_options: numbers that make no sense are warned of and not taken") {
  for (auto* value : {"0", "-1", "x", "1.5"}) {
    auto [options, exit] = read({}, with("COG_MAX_CONCURRENCY", value));
    CHECK(options.config.max_concurrency == 1);
    CHECK(options.warnings.size() == 1);
  }
  auto [options, exit] = read({}, with("COG_PREDICT_TIMEOUT", "soon"));
  CHECK(options.config.predict_timeout.count() == 0);
  CHECK(options.warnings.size() == 1);
}

TEST_CASE("server_options: seconds may have decimals") {
  CHECK(read({}, with("COG_CANCEL_TIMEOUT", "0.25")).options.config.cancel_timeout.count() == 0.25);
}

TEST_CASE("server_options: a negative interval of webhooks means none, as in Cog") {
  CHECK(read({}, with("COG_THROTTLE_RESPONSE_INTERVAL", "-1")).options.config.webhook_interval.count() == 0);
  auto odd = read({}, with("COG_THROTTLE_RESPONSE_INTERVAL", "soon"));
  CHECK(odd.options.config.webhook_interval.count() == 0.5);
  CHECK(odd.options.warnings.size() == 1);
}

TEST_CASE("server_options: Kubernetes wants a readiness file, another place may be named") {
  CHECK(read({}).options.config.ready_file.empty());
  auto variables = with("KUBERNETES_SERVICE_HOST", "10.0.0.1");
  CHECK(read({}, variables).options.config.ready_file == "/var/run/cog/ready");
  variables["COG_READY_FILE"] = "/tmp/ready";
  CHECK(read({}, variables).options.config.ready_file == "/tmp/ready");
}

TEST_CASE("server_options: await-explicit-shutdown wants a value and understands it") {
  CHECK(read({"--await-explicit-shutdown", "true"}).options.config.await_explicit_shutdown);
  CHECK_FALSE(read({"--await-explicit-shutdown", "false"}).options.config.await_explicit_shutdown);
  CHECK(read({"--await-explicit-shutdown"}).exit->code == 2);
}

TEST_CASE("server_options: cog.yaml names the model where the environment does not") {
  temporary_folder folder;
  auto& project = folder.path;
  write_file(folder / "cog.yaml", "predict: predict.py:A\ntrain: train.py:train\nconcurrency:\n  max: 3\n");
  CHECK(read({"--project", project.c_str()}, {}).options.config.reference == "predict.py:A");
  CHECK(read({"--project", project.c_str()}, {}).options.config.max_concurrency == 3);
  CHECK(read({"--project", project.c_str()}).options.config.reference == "predict.py:P");
  CHECK(read({"--project", project.c_str(), "--x-mode", "train"}, {}).options.config.reference == "train.py:train");
  write_file(folder / "cog.yaml", "run: predict.py:B\n");
  CHECK(read({"--project", project.c_str()}, {}).options.config.reference == "predict.py:B");
}

TEST_CASE("server_options: a cog.yaml that is none ends with 1 and the place") {
  temporary_folder folder;
  auto& project = folder.path;
  write_file(folder / "cog.yaml", "predict: [\n");
  auto exit = read({"--project", project.c_str()}, {}).exit;
  REQUIRE(exit);
  CHECK(exit->code == 1);
  CHECK(exit->err.find("cog.yaml:") != std::string::npos);
}

TEST_CASE("server_options: a schema file that cannot be read ends with 1") {
  CHECK(read({}, with("COG_OPENAPI_SCHEMA", "/nonexistent")).exit->code == 1);
}

TEST_CASE("server_options: what is said of GPUs") {
  auto options = read({}, with("COG_WORKERS", "gpu")).options;
  CHECK(options.config.workers_by_gpu);
  CHECK(options.config.workers == 0);
  CHECK(options.warnings.empty());
  CHECK(read({}, with("COG_DEVICES", "cpu")).options.config.ignore_gpus);
  CHECK(read({}, with("COG_GPUS_PER_WORKER", "2")).options.config.gpus_per_worker == 2);
  CHECK(read({}, with("COG_CUDA_CONTEXT", "early")).options.config.cuda_context == "early");
  auto odd = read({}, with("COG_CUDA_CONTEXT", "soon")).options;
  CHECK(odd.config.cuda_context.empty());
  CHECK(odd.warnings.size() == 1);
}

TEST_CASE("server_options: hosts are names with commas between them") {
  CHECK(read({}).options.config.allowed_hosts.empty());
  CHECK(read({}, with("COG_ALLOWED_HOSTS", "")).options.config.allowed_hosts.empty());
  CHECK(read({}, with("COG_ALLOWED_HOSTS", "localhost, a.example,,")).options.config.allowed_hosts ==
        std::vector<std::string>{"localhost", "a.example"});
}

TEST_CASE("server_options: the page is there unless it is turned off") {
  CHECK(read({}).options.page.mode == "on");
  CHECK(read({}, with("COG_PAGE", "off")).options.page.mode == "off");
  CHECK(read({}, with("COG_PAGE", "maybe")).options.warnings.size() == 1);
  CHECK(read({}, with("COG_PAGE_DIR", "src/page")).options.page.folder == "src/page");
  auto media = read({}, with("COG_PAGE_MEDIA", "https://a.example, https://b.example")).options.page.media;
  CHECK(std::find(media.begin(), media.end(), "https://b.example") != media.end());
}

TEST_CASE("server_options: who may shut the server down") {
  CHECK(read({}).options.config.shutdown == "any");
  CHECK(read({}, with("COG_SHUTDOWN", "off")).options.config.shutdown == "off");
  auto options = read({}, with("COG_SHUTDOWN", "everybody")).options;
  CHECK(options.config.shutdown == "any");
  CHECK(options.warnings.size() == 1);
}

TEST_CASE("server_options: the queue") {
  auto config = read({}).options.config;
  CHECK(config.max_queue_time.count() == 0);
  CHECK(config.default_deadline.count() == 0);
  CHECK(config.async_priority == "normal");
  CHECK(config.fair_by.empty());
  CHECK(read({}, with("COG_MAX_QUEUE_TIME", "0.5")).options.config.max_queue_time.count() == 0.5);
  CHECK(read({}, with("COG_DEFAULT_DEADLINE", "30")).options.config.default_deadline.count() == 30);
  CHECK(read({}, with("COG_ASYNC_PRIORITY", "low")).options.config.async_priority == "low");
  CHECK(read({}, with("COG_ASYNC_PRIORITY", "high")).options.warnings.size() == 1);
  CHECK(read({}, with("COG_FAIR_BY", "X-Customer")).options.config.fair_by == "X-Customer");
}

TEST_CASE("server_options: changes are looked for when the flag says so") {
  CHECK_FALSE(read({}).options.config.reload);
  CHECK(read({"--reload"}).options.config.reload);
}

#include "actors/worker_command.hpp"
#include "../support/temporary_folder.hpp"
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>

using namespace cog;

namespace {

server_config make_config() {
  server_config config;
  config.python = "python3";
  config.reference = "run.py:Runner";
  return config;
}

std::string argument(const subprocess_spec& spec, const std::string& name) {
  auto found = std::find(spec.argv.begin(), spec.argv.end(), name);
  return found == spec.argv.end() ? "absent" : *(found + 1);
}

size_t count(const subprocess_spec& spec, const std::string& start) {
  return std::count_if(spec.env.begin(), spec.env.end(), [&](auto& entry) { return entry.starts_with(start); });
}

device_lease make_lease(uint64_t workers) {
  device_lease lease;
  lease.workers = workers;
  lease.environment = {"CUDA_VISIBLE_DEVICES=1"};
  return lease;
}

}   // namespace

TEST_CASE("worker_command: without a lease the process waits for one and has our environment") {
  auto spec = worker_command(make_config(), 2, "/tmp/folder", nullptr);
  CHECK(spec.argv[0] == "python3");
  CHECK(argument(spec, "--worker") == "2");
  CHECK(argument(spec, "--ref") == "run.py:Runner");
  CHECK(argument(spec, "--folder") == "/tmp/folder");
  CHECK(argument(spec, "--lease") == "wait");
  CHECK(count(spec, "COG_WORKER_FOLDER=/tmp/folder") == 1);
  CHECK(count(spec, "PATH=") == 1);
  CHECK(count(spec, "CUDA_VISIBLE_DEVICES=-1") == 0);
}

TEST_CASE("worker_command: the server's own secrets are not handed on") {
  for (auto* name : {"COG_API_KEY", "COG_API_KEYS", "COG_WEBHOOK_SECRET"}) {
    ::setenv(name, "x", 1);
    CHECK(count(worker_command(make_config(), 0, "/tmp/folder", nullptr), std::string{name} + "=") == 0);
    ::unsetenv(name);
  }
}

TEST_CASE("worker_command: a lease replaces variables of ours, and never doubles them") {
  ::setenv("CUDA_VISIBLE_DEVICES", "0,1,2", 1);
  auto lease = make_lease(2);
  auto spec = worker_command(make_config(), 0, "/tmp/folder", &lease);
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  CHECK(count(spec, "CUDA_VISIBLE_DEVICES=") == 1);
  CHECK(count(spec, "CUDA_VISIBLE_DEVICES=1") == 1);
  CHECK(argument(spec, "--lease") == lease_text(lease, make_config()));
}

TEST_CASE("worker_command: devices are hidden and libraries preloaded when the settings say so") {
  auto config = make_config();
  config.ignore_gpus = true;
  config.preload = "/lib/some.so";
  auto spec = worker_command(config, 0, "/tmp/folder", nullptr);
  CHECK(count(spec, "CUDA_VISIBLE_DEVICES=-1") == 1);
  CHECK(count(spec, "LD_PRELOAD=/lib/some.so") == 1);
  CHECK(count(spec, "LD_PRELOAD=") == 1);
}

TEST_CASE("lease_text: several workers make their contexts early and must have them, one makes its own late") {
  CHECK(lease_text(make_lease(2), make_config()) ==
        R"({"environment":{"CUDA_VISIBLE_DEVICES":"1"},"devices":[],"context":"early","required":true})");
  CHECK(lease_text(device_lease{}, make_config()) ==
        R"({"environment":{},"devices":[],"context":"late","required":false})");
  auto config = make_config();
  config.cuda_context = "off";
  CHECK(lease_text(device_lease{}, config) == R"({"environment":{},"devices":[],"context":"off","required":true})");
}

TEST_CASE("known_workers: what the settings say, what the model's source tells, or nothing before the model is known") {
  temporary_folder folder;
  auto config = make_config();
  config.project = folder.path;
  CHECK_FALSE(known_workers(config, nullptr));
  config.max_concurrency = 4;
  CHECK_FALSE(known_workers(config, nullptr));   // there is no source
  write_file(folder / "run.py", "class Runner: ...");
  CHECK(known_workers(config, nullptr) == 4);
  write_file(folder / "run.py", "async def run(): ...");
  CHECK_FALSE(known_workers(config, nullptr));
  config.workers = 3;
  CHECK(known_workers(config, nullptr) == 3);
  config.workers_by_gpu = true;
  CHECK(known_workers(config, nullptr) == 0);
  auto model = std::make_shared<model_description>();
  model->workers = 5;
  CHECK(known_workers(config, model) == 5);
}

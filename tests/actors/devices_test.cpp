#include "../support/fake_driver/pretence.hpp"
#include "actor_fixture.hpp"
#include "actors/devices.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::string gpus(int count) {
  std::string facts = "driver 550.54.15 12040\n";
  for (int i = 0; i < count; ++i)
    facts += "gpu GPU-" + std::to_string(i) + " 1000 100 50 9.0 Fake\n";
  return facts;
}

struct devices_fixture : actor_fixture {
  ~devices_fixture() {
    caf::anon_send_exit(under_test, caf::exit_reason::user_shutdown);
    for (auto& worker : workers)
      caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
    workers.clear();
    scheduler.run();
  }

  void start(const std::string& facts, device_settings settings = {}) {
    driver.write(facts);
    settings.library = FAKE_DRIVER "/libnvidia-ml.so.1";
    under_test = system.spawn(devices, settings);
    scheduler.run();
  }

  /// Stands for a worker: keeps what it is told of lost devices.
  worker_actor make_worker() {
    workers.push_back(system.spawn([this](worker_actor::pointer) -> worker_actor::behavior_type {
      return {
        [](atom::start) { /* nop */ },
        [](atom::run, const request_ptr&, const prediction_links&) { return snapshot_ptr{}; },
        [](atom::batch, uint64_t, uint64_t) { /* nop */ },
        [](atom::cancel, const request_ptr&) { /* nop */ },
        [](atom::find, const std::string&) { return snapshot_ptr{}; },
        [](atom::attach, const std::string&, const follower_actor&) { return snapshot_ptr{}; },
        [](atom::watch, const std::string&, const follower_actor&) { return snapshot_ptr{}; },
        [](atom::detach, const std::string&, const follower_actor&) { /* nop */ },
        [](atom::check) { return std::string{}; },
        [](atom::drain) { return caf::unit; },
        [](atom::reload, const std::string&) { /* nop */ },
        [](atom::lease) { /* nop */ },
        [this](atom::lost, const std::string& what) { told.push_back(what); },
      };
    }));
    return workers.back();
  }

  caf::expected<lease_ptr> lease(uint64_t worker, uint64_t count) {
    return ask<lease_ptr>(under_test, atom::lease_v, worker, count, make_worker());
  }

  /// CUDA_VISIBLE_DEVICES of a worker; "-" when it is left as it is.
  std::string visible(uint64_t worker, uint64_t count) {
    auto given = lease(worker, count);
    REQUIRE(given);
    return (*given)->environment.empty() ? "-" : (*given)->environment[1].substr(21);
  }

  pretence driver{""};
  devices_actor under_test;
  std::vector<worker_actor> workers;
  std::vector<std::string> told;
};

}   // namespace

TEST_CASE_FIXTURE(devices_fixture, "devices: one worker's environment stays as it is") {
  start(gpus(2));
  CHECK(visible(0, 1) == "-");
  CHECK((*lease(0, 1))->devices.size() == 2);
}

TEST_CASE_FIXTURE(devices_fixture, "devices: several workers get one each, a replacement the same one") {
  start(gpus(2));
  CHECK(visible(1, 2) == "1");
  CHECK(visible(0, 2) == "0");
  CHECK(visible(1, 2) == "1");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: without GPUs there is nothing to say") {
  start(gpus(0));
  CHECK(visible(0, 2) == "-");
  CHECK((*lease(0, 2))->workers == 2);
  CHECK(*ask<std::string>(under_test, atom::metrics_v) == "");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: only those that CUDA_VISIBLE_DEVICES shows, by the names it gives them") {
  device_settings settings;
  settings.visible = "3,1";
  start(gpus(4), settings);
  CHECK(visible(0, 2) == "3");
  CHECK(visible(1, 2) == "1");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: UUIDs where the user gave UUIDs") {
  device_settings settings;
  settings.visible = "GPU-1,GPU-0";
  start(gpus(2), settings);
  CHECK(visible(0, 2) == "GPU-1");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: UUIDs beside a GPU that is cut into MIG instances") {
  start(gpus(2) + "mig GPU-1 MIG-a 7 0 100\n");
  CHECK(visible(0, 2) == "GPU-0");
  CHECK(visible(1, 2) == "MIG-a");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: GPUs that are to be ignored are not there") {
  device_settings settings;
  settings.ignore = true;
  start(gpus(2), settings);
  CHECK(visible(0, 2) == "-");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: as many workers as devices where the settings say so") {
  start(gpus(3));
  CHECK((*lease(0, 0))->workers == 3);
  CHECK(visible(2, 3) == "2");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: who holds a lost device is told, and gets one that is free") {
  device_settings settings;
  settings.per_worker = 1;
  settings.check_interval = real_seconds{1};
  start(gpus(3), settings);
  CHECK(visible(0, 2) == "0");
  CHECK(visible(1, 2) == "1");
  driver.write(gpus(3) + "lost GPU-1\n");
  scheduler.advance_time(std::chrono::seconds{1});
  scheduler.run();
  REQUIRE(told.size() == 1);
  CHECK(told[0] == "GPU 1 (GPU-1) is lost, says NVML: GPU is lost (15)");
  CHECK(visible(1, 2) == "2");
  CHECK(visible(0, 2) == "0");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: a worker whose device is lost gets none when there is none to spare") {
  start(gpus(2));
  CHECK(visible(0, 2) == "0");
  CHECK(visible(1, 2) == "1");
  driver.write(gpus(2) + "lost GPU-1\n");
  auto refused = lease(1, 2);
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == errc::no_device);
  CHECK(text_of(refused.error()).find("worker 1: GPU 1 (GPU-1) lost") != std::string::npos);
  caf::anon_send(under_test, atom::release_v, uint64_t{0});
  CHECK(visible(1, 2) == "0");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: one worker goes on with the devices that are left") {
  start(gpus(2));
  CHECK(visible(0, 1) == "-");
  driver.write(gpus(2) + "lost GPU-0\n");
  CHECK(visible(0, 1) == "1");
}

TEST_CASE_FIXTURE(devices_fixture, "devices: reports what there is, who holds it, and how it is") {
  start(gpus(2));
  visible(0, 2);
  driver.write(gpus(2) + "lost GPU-1\n");
  lease(0, 2);
  auto report = *ask<device_report_ptr>(under_test, atom::inventory_v);
  REQUIRE(report->devices.size() == 2);
  CHECK(report->driver == "550.54.15");
  CHECK(report->devices[0].workers == std::vector<uint64_t>{0});
  CHECK(report->devices[1].lost);
  auto text = *ask<std::string>(under_test, atom::metrics_v);
  for (auto* line :
       {"cog_gpu_memory_used_bytes{gpu=\"0\",uuid=\"GPU-0\"} 104857600\n",
        "cog_gpu_memory_bytes{gpu=\"0\",uuid=\"GPU-0\"} 1048576000\n",
        "cog_gpu_utilization_ratio{gpu=\"0\",uuid=\"GPU-0\"} 0.5\n", "cog_gpu_up{gpu=\"0\",uuid=\"GPU-0\"} 1\n",
        "cog_gpu_up{gpu=\"1\",uuid=\"GPU-1\"} 0\n", "cog_gpu_worker{gpu=\"0\",uuid=\"GPU-0\",worker=\"0\"} 1\n"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
  CHECK(text.find("memory_bytes{gpu=\"1\"") == std::string::npos);
}

#include "../support/temporary_folder.hpp"
#include "cli/engine/docker_arguments.hpp"
#include "cli/engine/error_filter.hpp"
#include "cli/engine/process.hpp"
#include "cli/engine/venv.hpp"
#include "cli/model/event_reader.hpp"
#include <array>
#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

using namespace cog;

namespace {

std::string joined(const std::vector<std::string>& words) {
  return shown_command(words);
}

}   // namespace

TEST_CASE("docker: errors whose first line does not end are passed on all the same") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  std::string bar(100'000, '.'), got;
  {
    error_filter filter{ends[1]};
    for (size_t written = 0; written < bar.size();) {
      auto count = write(filter.input(), bar.data() + written, std::min<size_t>(bar.size() - written, 10'000));
      REQUIRE(count > 0);
      written += static_cast<size_t>(count);
    }
    pollfd watched{ends[0], POLLIN, 0};
    REQUIRE(poll(&watched, 1, 30'000) == 1);
    for (std::array<char, 65536> bytes{}; got.size() < bar.size();) {
      auto count = read(ends[0], bytes.data(), bytes.size());
      REQUIRE(count > 0);
      got.append(bytes.data(), static_cast<size_t>(count));
    }
  }
  CHECK(got == bar);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("docker: the command line of a server") {
  run_plan plan{.image = "cog-x", .project = "/p", .command = {"python", "-m", "cog.server.http"}};
  plan.environment = {"A=b c"};
  plan.ports = {{"127.0.0.1", 8393, 5000}};
  plan.gpus = "all";
  plan.host_gateway = true;
  plan.server = true;
  CHECK(joined(docker_run_arguments(plan, "n", false)) ==
        "run --rm --name n --platform linux/amd64 --shm-size 6g --stop-signal SIGINT --stop-timeout 30 "
        "--mount type=bind,source=/p,target=/src --workdir /src --publish 127.0.0.1:8393:5000 --env 'A=b c' "
        "--gpus all --add-host host.docker.internal:host-gateway cog-x python -m cog.server.http");
}

TEST_CASE("docker: the command line of a command in a terminal") {
  run_plan plan{.image = "cog-x", .project = "/a,b \"c\"", .command = {"bash"}};
  plan.init = true;
  plan.interactive = true;
  CHECK(joined(docker_run_arguments(plan, "n", true)) ==
        "run --rm --name n --platform linux/amd64 --shm-size 6g --init --interactive --tty "
        "--mount 'type=bind,\"source=/a,b \"\"c\"\"\",target=/src' --workdir /src cog-x bash");
}

TEST_CASE("docker: a free port, and an address with colons") {
  run_plan plan{.image = "i"};
  plan.ports = {{}, {"::1", 80, 80}};
  CHECK(
    joined(docker_run_arguments(plan, "n", false)).ends_with("--publish 127.0.0.1::5000 --publish '[::1]:80:80' i"));
}

TEST_CASE("docker: GPUs") {
  CHECK(docker_gpus("all") == "all");
  CHECK(docker_gpus("2") == "2");
  CHECK(docker_gpus("device=0,1") == "\"device=0,1\"");
  CHECK_THROWS_WITH_AS(docker_gpus("some"), "invalid GPU specification: \"some\" (all, a number, or device=0,1)",
                       command_error);
  CHECK_THROWS_AS(docker_gpus("device="), command_error);
}

TEST_CASE("docker: published ports") {
  auto read = [](const std::string& text) {
    auto port = parse_published_port(text);
    return port.host + " " + std::to_string(port.outside) + " " + std::to_string(port.inside);
  };
  CHECK(read("8000") == "127.0.0.1 8000 8000");
  CHECK(read("0.0.0.0:8000") == "0.0.0.0 8000 8000");
  CHECK(read("[::1]:8000") == "::1 8000 8000");
  CHECK(read("::1:8000") == "::1 8000 8000");
  for (auto* wrong : {"", "x", "0", "65536", "80x", ":80", "-1"})
    CHECK_THROWS_AS(read(wrong), command_error);
}

TEST_CASE("process: output, exit code and environment") {
  auto answer = run_captured({{"sh", "-c", "echo $MARK; pwd; echo wrong >&2; exit 3"}, {"MARK=set"}, "/"});
  CHECK(answer.status == 3);
  CHECK(answer.out == "set\n/\n");
  CHECK(answer.err == "wrong\n");
}

TEST_CASE("process: a program that is not there") {
  CHECK_THROWS_WITH_AS(run_captured({{"no-such-program"}}), "cannot start no-such-program: No such file or directory",
                       command_error);
}

TEST_CASE("process: whoever lets go of one ends its group") {
  temporary_folder folder;
  auto fifo = folder / "fifo";
  REQUIRE(run_captured({{"mkfifo", fifo}}).status == 0);
  {
    process_plan plan{{"sh", "-c", "sh -c 'exec sleep 600 >" + fifo + "' & read nothing <" + fifo + "; wait"}};
    plan.own_group = true;
    process both{plan};
    CHECK(!both.has_ended());
  }
  // Nobody holds the other end any more, so this is the end of the file at once.
  CHECK(run_captured({{"timeout", "60", "sh", "-c", ": <>" + fifo}}).status == 0);
}

TEST_CASE("process: words as a shell takes them") {
  CHECK(shown_command({"a", "b c", "it's", ""}) == R"(a 'b c' 'it'\''s' '')");
}

TEST_CASE("host: requirements without comments and without what the tool brings") {
  temporary_folder folder;
  write_file(folder / "requirements.txt", "# top\r\nnumpy==1.26\n\ncog>=0.9\ncoglet\nCog-extras\n  pillow \n");
  project_config config;
  config.folder = folder.path;
  config.build.python_requirements = "requirements.txt";
  CHECK(host_requirements(config) == std::vector<std::string>{"numpy==1.26", "Cog-extras", "pillow"});
  write_file(folder / "sub/more.txt",
             "\xef\xbb\xbfnumpy\n-r base.txt\n--constraint=c.txt\n-c https://a.example/c.txt\n");
  config.build.python_requirements = "sub/more.txt";
  CHECK(host_requirements(config) ==
        std::vector<std::string>{"numpy", "-r " + (folder / "sub/base.txt"), "--constraint " + (folder / "sub/c.txt"),
                                 "-c https://a.example/c.txt"});
  config.build.python_requirements = "missing.txt";
  CHECK_THROWS_AS(host_requirements(config), command_error);
}

TEST_CASE("event stream: events in whatever pieces") {
  std::string seen;
  event_reader reader{
    [&](std::string_view name, std::string_view data) { seen.append(name).append("=").append(data).append(" "); }};
  for (char letter :
       std::string{": keep-alive\n\nevent: output\ndata: {\"chunk\":1}\n\nevent: completed\ndata: {}\n\n"})
    reader.append({&letter, 1});
  CHECK(seen == "output={\"chunk\":1} completed={} ");
}

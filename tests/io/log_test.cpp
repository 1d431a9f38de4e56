#include "io/log.hpp"
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace cog;

namespace {

std::vector<std::string> start(const std::string& level, std::optional<std::string> directives = std::nullopt,
                               const std::string& format = {}) {
  log_options options;
  options.format = format;
  options.level = level;
  options.directives = std::move(directives);
  return start_log(options);
}

bool logs(log_target target, log_level level) {
  return is_logged(target, level);
}

/// What `write` sends to standard error.
template <class Write>
std::string written(const Write& write) {
  char name[] = "/tmp/log-test-XXXXXX";
  int file = mkstemp(name);
  unlink(name);
  int before = dup(STDERR_FILENO);
  dup2(file, STDERR_FILENO);
  write();
  finish_log();
  dup2(before, STDERR_FILENO);
  close(before);
  std::string text(4096, '\0');
  text.resize(pread(file, text.data(), text.size(), 0));
  close(file);
  return text;
}

}   // namespace

TEST_CASE("log: the level holds for all, but setup is always heard") {
  CHECK(start("error").empty());
  CHECK(logs(log_target::server, log_level::error));
  CHECK_FALSE(logs(log_target::server, log_level::warn));
  CHECK_FALSE(logs(log_target::prediction, log_level::info));
  CHECK(logs(log_target::setup, log_level::info));
  start("debug");
  CHECK(logs(log_target::http, log_level::debug));
  start("WARN");   // no such level, so it is info
  CHECK(logs(log_target::server, log_level::info));
  CHECK_FALSE(logs(log_target::http, log_level::debug));
}

TEST_CASE("log: directives name levels and targets, the longest target counts") {
  CHECK(start("error", "warn,coglet::prediction=debug,coglet::setup=off").empty());
  CHECK(logs(log_target::server, log_level::warn));
  CHECK_FALSE(logs(log_target::server, log_level::info));
  CHECK(logs(log_target::prediction, log_level::debug));
  CHECK_FALSE(logs(log_target::setup, log_level::error));
  start("", "coglet::http=info,coglet=debug");
  CHECK(logs(log_target::user, log_level::debug));
  CHECK_FALSE(logs(log_target::http, log_level::debug));
  start("", "coglet::http");   // all of a target, nothing of the others but errors
  CHECK(logs(log_target::http, log_level::debug));
  CHECK_FALSE(logs(log_target::server, log_level::warn));
  CHECK(logs(log_target::server, log_level::error));
  start("", "INFO");
  CHECK(logs(log_target::server, log_level::info));
  start("", "");
  CHECK_FALSE(logs(log_target::server, log_level::warn));
}

TEST_CASE("log: a directive that makes no sense is told of, and left out") {
  auto problems = start("", "coglet=loud,info");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("coglet=loud") != std::string::npos);
  CHECK(logs(log_target::server, log_level::info));
}

TEST_CASE("log: a record is a line of JSON, its fields beside the message") {
  start("");
  auto line = written([] {
    write_log(log_target::prediction, log_level::warn, "say \"hi\"",
              {{"prediction_id", "a\nb"}, {"status", uint64_t{200}}, {"predict_time", 0.25}});
  });
  CHECK(line.starts_with(R"({"timestamp":"2)"));
  auto rest = line.substr(line.find("Z\""));
  CHECK(
    rest ==
    R"(Z","level":"WARN","fields":{"message":"say \"hi\"","prediction_id":"a\nb","status":200,"predict_time":0.25},)"
    R"("target":"coglet::prediction"})"
    "\n");
}

TEST_CASE("log: as plain text") {
  start("", std::nullopt, "console");
  auto line = written([] {
    write_log(log_target::user, log_level::info, "hello", {{"source", "Stdout"}});
    write_log(log_target::http, log_level::debug, "not at this level");
  });
  CHECK(line.substr(line.find('Z')) == "Z INFO coglet::user: hello source=Stdout\n");
}

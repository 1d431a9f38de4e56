#include "cli/console.hpp"
#include "cli/deploy/quantity.hpp"
#include "cli/deploy/yaml_value.hpp"
#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

using namespace cog;

TEST_CASE("yaml_value: texts are read back as they were, and as texts") {
  for (std::string text : {"",           "a",
                           "yes",        "True",
                           "null",       "~",
                           "010",        "1e3",
                           "1_000",      "0x1f",
                           ".5",         "-",
                           "- a",        "a: b",
                           "a #b",       "#",
                           "&a",         "*",
                           "!x",         "%",
                           "@",          "`",
                           "'",          "\"",
                           "\\",         "a\nb\n",
                           " a",         "a ",
                           "\t",         "{",
                           "[",          "?",
                           "$(A)",       "\xc3\xbc",
                           "2001-01-01", "=",
                           "<<",         "nvidia.com/gpu",
                           "12:30:45",   "0.8",
                           "2Gi"}) {
    CAPTURE(text);
    yaml_value value{{"key", text}};
    auto written = value.text();
    CHECK(YAML::Load(written)["key"].as<std::string>() == text);
    auto plain = written.find("\"") == std::string::npos;
    CHECK((!plain || text == "nvidia.com/gpu"));
  }
}

TEST_CASE("yaml_value: keys stay in their order, numbers and truth values are plain") {
  yaml_value value{{"z", true}, {"a", 5}, {"m", {{"x", uint64_t{7}}}}};
  value["list"].add({{"b", 1}, {"a", "two"}});
  value["list"].add("three");
  value["none"] = yaml_value{};
  CHECK(value.text() ==
        "\"z\": true\n\"a\": 5\n\"m\":\n  \"x\": 7\nlist:\n  - \"b\": 1\n    \"a\": two\n  - three\nnone: {}\n");
  value["a"] = 6;
  CHECK(YAML::Load(value.text())["a"].as<int>() == 6);
}

TEST_CASE("quantities: times") {
  CHECK(read_seconds("--drain", "25s") == 25);
  CHECK(read_seconds("--drain", "25") == 25);
  CHECK(read_seconds("--drain", "1h30m") == 5400);
  CHECK(read_seconds("--drain", "1h1m1s") == 3661);
  for (auto* wrong : {"", "0", "0s", "s", "-1s", "1d", "1.5s", "1m1h", "99999999h", " 1s"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(read_seconds("--drain", wrong), usage_error);
  }
}

TEST_CASE("quantities: amounts") {
  CHECK(read_bytes("--memory", "2Gi") == 2147483648);
  CHECK(read_bytes("--memory", "1.5G") == 1'500'000'000);
  CHECK(read_bytes("--memory", "1024") == 1024);
  for (auto* wrong : {"", "0", "Gi", "2 Gi", "2GB", "-1Gi", "1.Gi", "1m", "9999999999999Ti"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(read_bytes("--memory", wrong), usage_error);
  }
  for (auto* right : {"1", "0.5", "500m", "64"})
    CHECK_NOTHROW(check_cpu("--cpu", right));
  for (auto* wrong : {"", "0", "0m", "0.0", "1.5m", "two", "1Gi"})
    CHECK_THROWS_AS(check_cpu("--cpu", wrong), usage_error);
}

TEST_CASE("quantities: spans") {
  auto bounds = read_span("--hpa", "1:10");
  CHECK(bounds.least == 1);
  CHECK(bounds.most == 10);
  for (auto* wrong : {"", "1", ":", "1:", ":2", "3:1", "0:0", "-1:2", "1:2:3", "1:99999"})
    CHECK_THROWS_AS(read_span("--hpa", wrong), usage_error);
}

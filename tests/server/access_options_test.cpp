#include "server/access_options.hpp"
#include <doctest/doctest.h>
#include <map>

using namespace cog;

namespace {

using variables = std::map<std::string, std::string>;

struct outcome {
  server_options options;
  std::string problem;
};

outcome read(const variables& set) {
  outcome result;
  auto variable = [&](const std::string& name) {
    auto found = set.find(name);
    return found == set.end() ? std::nullopt : std::optional{found->second};
  };
  result.problem = read_access_options(variable, result.options);
  return result;
}

}   // namespace

TEST_CASE("access_options: without variables nothing is protected") {
  auto [options, problem] = read({});
  CHECK(problem.empty());
  CHECK(options.config.webhook_secrets.empty());
  CHECK_FALSE(options.needs_keys());
  CHECK(options.config.cors_origins.empty());
  CHECK(options.config.shutdown == "any");
  CHECK(options.probe_host.empty());
}

TEST_CASE("access_options: webhook secrets are decoded, and a wrong one stops the start without being shown") {
  std::string first = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
  auto [options, problem] = read({{"COG_WEBHOOK_SECRET", first + " " + first}});
  CHECK(problem.empty());
  REQUIRE(options.config.webhook_secrets.size() == 2);
  CHECK(options.config.webhook_secrets[0].size() == 24);
  CHECK(read({{"COG_WEBHOOK_SECRET", first + " whsec_c2hvcnQ="}}).problem ==
        "COG_WEBHOOK_SECRET: secret 2 is not whsec_ and 24 to 64 bytes in base64");
}

TEST_CASE("access_options: keys come as lines or as one word, and with them the stop is for admins") {
  auto [options, problem] = read({{"COG_API_KEYS", api_key_line("a", "k", "")}, {"COG_API_KEY", "s3cret"}});
  CHECK(problem.empty());
  REQUIRE(options.keys.size() == 2);
  CHECK(options.keys[0].name == "a");
  CHECK(options.keys[1].name == "default");
  CHECK(options.keys[1].digest == digest_of("s3cret"));
  CHECK(options.keys[1].scopes == (scope_read | scope_predict));
  CHECK(options.config.shutdown == "admin");
  CHECK(read({{"COG_API_KEYS_FILE", "/etc/keys"}}).options.key_file == "/etc/keys");
}

TEST_CASE("access_options: what would leave the server open by mistake stops the start") {
  CHECK(read({{"COG_API_KEYS", ""}}).problem == "COG_API_KEYS: there is no key in it");
  CHECK(read({{"COG_API_KEYS", "a s3cret"}}).problem ==
        "COG_API_KEYS: line 1: behind the name there must be sha256: and 64 hexadecimal digits");
  CHECK(read({{"COG_API_KEY", ""}}).problem == "COG_API_KEY must be one word");
  CHECK(read({{"COG_API_KEY", "a b"}}).problem == "COG_API_KEY must be one word");
  CHECK(read({{"COG_API_KEYS_FILE", ""}}).problem == "COG_API_KEYS_FILE names no file");
}

TEST_CASE("access_options: a port for probes") {
  auto [options, problem] = read({{"COG_METRICS_LISTEN", "127.0.0.1:9100"}});
  CHECK(problem.empty());
  CHECK(options.probe_host == "127.0.0.1");
  CHECK(options.probe_port == 9100);
  CHECK(read({{"COG_METRICS_LISTEN", "[::1]:0"}}).options.probe_host == "[::1]");
  for (auto* wrong : {"9100", ":9100", "a:", "a:x", "a:70000", "a:1x"})
    CHECK(read({{"COG_METRICS_LISTEN", wrong}}).problem ==
          std::string{"COG_METRICS_LISTEN="} + wrong + " is no ADDRESS:PORT");
}

TEST_CASE("access_options: origins") {
  auto [options, problem] = read({{"COG_CORS_ORIGINS", "https://a.example, http://localhost:3000,"}});
  CHECK(problem.empty());
  CHECK(options.config.cors_origins == std::vector<std::string>{"https://a.example", "http://localhost:3000"});
  CHECK(read({{"COG_CORS_ORIGINS", "*"}}).options.config.cors_origins == std::vector<std::string>{"*"});
  for (auto* wrong : {"a.example", "https://a.example/", "https://", "https://A.example", "https://*.example/x"})
    CHECK(read({{"COG_CORS_ORIGINS", wrong}}).problem.starts_with("COG_CORS_ORIGINS: `"));
}

#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cog::bench {

using clock = std::chrono::steady_clock;

enum class traffic : uint8_t {
  answers,   // one answer a request
  streams,   // event streams
  webhooks   // answered at once; the end comes to our own receiver
};

/// What every measurement of a run has in common.
struct load_settings {
  std::string method = "POST";
  std::string path = "/predictions";   // of the target, with what its URL has before it
  std::vector<std::pair<std::string, std::string>> headers{};
  traffic kind = traffic::answers;
  bool openai = false;               // streams are those of OpenAI's chat completions, whose pieces are tokens
  std::optional<double> seconds{};   // of a measurement; none: only `requests` ends it
  double warmup = 1;                 // seconds before it, not counted
  double timeout = 30;               // seconds a request may take
  uint64_t requests = 0;             // end after so many; 0: only time does
  uint32_t max_clients = 1024;       // connections of an open loop
  std::string webhook_host = "127.0.0.1";

  /// Does an answer say how a prediction ended? Else its status code alone decides.
  bool makes_predictions() const {
    return method == "POST" && (path.ends_with("/predictions") || path.ends_with("/trainings"));
  }
};

/// One measurement: a closed loop of so many clients, each of which asks again when it has its answer; or, with a rate,
/// an open one, where requests are due at even intervals whatever became of those before.
struct load_step {
  uint32_t clients = 1;
  double rate = 0;   // requests a second; 0: closed

  bool is_open() const { return rate > 0; }
};

/// `16 clients` or `200/s`.
std::string name_of(const load_step& step);

/// A number as people write it: `0.5`, `200`.
std::string short_number(double value);

}   // namespace cog::bench

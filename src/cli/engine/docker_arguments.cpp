#include "cli/engine/docker_arguments.hpp"
#include <algorithm>
#include <charconv>

namespace cog {

namespace {

/// One field of a CSV row, as Docker's `--mount` and `--gpus` read them.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == text.npos)
    return text;
  std::string quoted = "\"";
  for (char letter : text)
    quoted += letter == '"' ? std::string{"\"\""} : std::string{letter};
  return quoted + '"';
}

std::string port_mapping(const published_port& port) {
  auto host = port.host.find(':') == port.host.npos ? port.host : "[" + port.host + "]";
  auto outside = port.outside == 0 ? std::string{} : std::to_string(port.outside);
  return host + ":" + outside + ":" + std::to_string(port.inside);
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}   // namespace

std::string docker_gpus(const std::string& gpus) {
  constexpr std::string_view device = "device=";
  if (gpus == "all" || is_number(gpus))
    return gpus;
  if (gpus.starts_with(device) && gpus.size() > device.size())
    return csv_field(gpus);
  throw command_error{"invalid GPU specification: \"" + gpus + "\" (all, a number, or device=0,1)"};
}

published_port parse_published_port(const std::string& text) {
  auto fail = [&](const std::string& why) { throw command_error{"invalid port \"" + text + "\": " + why}; };
  auto colon = text.rfind(':');
  published_port port;
  if (colon != text.npos) {
    port.host = text.substr(0, colon);
    if (port.host.starts_with('[') && port.host.ends_with(']'))
      port.host = port.host.substr(1, port.host.size() - 2);
    if (port.host.empty())
      fail("the address before the colon is empty");
  }
  auto digits = text.substr(colon == text.npos ? 0 : colon + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port.outside);
  if (!is_number(digits) || error != std::errc{} || port.outside == 0)
    fail("a port is a number from 1 to 65535, as in 8000 or 0.0.0.0:8000");
  port.inside = port.outside;
  return port;
}

std::vector<std::string> docker_run_arguments(const run_plan& plan, const std::string& name, bool with_terminal) {
  std::vector<std::string> words{"run", "--rm", "--name", name, "--platform", "linux/amd64", "--shm-size", "6g"};
  auto add = [&](const std::string& flag, const std::string& value) {
    words.push_back(flag);
    words.push_back(value);
  };
  if (plan.server) {
    add("--stop-signal", "SIGINT");
    add("--stop-timeout", "30");
  }
  if (plan.init)
    words.emplace_back("--init");
  if (plan.interactive)
    words.emplace_back("--interactive");
  if (with_terminal)
    words.emplace_back("--tty");
  if (!plan.project.empty()) {
    add("--mount", "type=bind," + csv_field("source=" + plan.project) + ",target=/src");
    add("--workdir", "/src");
  }
  for (auto& port : plan.ports)
    add("--publish", port_mapping(port));
  for (auto& entry : plan.environment)
    add("--env", entry);
  if (!plan.gpus.empty())
    add("--gpus", docker_gpus(plan.gpus));
  if (plan.host_gateway)
    add("--add-host", "host.docker.internal:host-gateway");
  words.push_back(plan.image);
  words.insert(words.end(), plan.command.begin(), plan.command.end());
  return words;
}

}   // namespace cog

#include "cli/deploy/engines.hpp"
#include <unistd.h>

namespace cog {

namespace {

/// In quotes, with nothing that systemd would read as more than text. Of a command line dollars, too.
std::string quoted(const std::string& text, bool command) {
  std::string all = "\"";
  for (char c : text)
    switch (c) {
      case '"':
      case '\\':
        (all += '\\') += c;
        break;
      case '%':
        all += "%%";
        break;
      case '\n':
        all += "\\n";
        break;
      case '$':
        all += command ? "$$" : "$";
        break;
      default:
        all += c;
    }
  return all + "\"";
}

std::string environment(const std::string& name, const std::string& value) {
  return "Environment=" + quoted(name + "=" + value, false) + "\n";
}

std::string variables(const deployment& plan, const deploy_flags& flags) {
  variable_list all = plan.settings;
  auto python = flags.project + "/.cog/venv/bin/python";
  if (access(python.c_str(), X_OK) == 0)   // what `cog serve` without Docker has made
    all.emplace_back("COG_PYTHON", python);
  all.emplace_back("PYTHONUNBUFFERED", "1");
  all.insert(all.end(), plan.model.environment.begin(), plan.model.environment.end());
  all.insert(all.end(), plan.environment.begin(), plan.environment.end());
  std::string lines;
  for (auto& [name, value] : all)   // of two with one name the last counts
    lines += environment(name, value);
  return lines + "Environment=HOME=%S/" + plan.name + "\n";
}

constexpr auto protection = R"(DynamicUser=yes
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
)";

std::string capabilities(uint16_t port) {
  constexpr uint16_t first_free = 1024;
  return port < first_free ? "AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"
                           : "CapabilityBoundingSet=\n";
}

}   // namespace

std::string systemd_unit(const deployment& plan, const deploy_flags& flags) {
  constexpr uint64_t beyond_setup = 60;
  auto seconds = [](uint64_t count) { return std::to_string(count) + "\n"; };
  return "# /etc/systemd/system/" + plan.name + ".service; then systemctl enable --now " + plan.name +
    "\n# The user that systemd makes for it must be able to read the program and the project.\n"
    "[Unit]\nDescription=The model " +
    plan.name +
    ", served by cog\nWants=network-online.target\nAfter=network-online.target\n\n"
    "[Service]\nType=notify\nNotifyAccess=main\nExecStart=" +
    quoted(flags.program, true) + " --project " + quoted(flags.project, true) + " --port " +
    std::to_string(flags.port) + "\nWorkingDirectory=" + flags.project + "\n" + variables(plan, flags) +
    "StateDirectory=" + plan.name + "\nKillMode=mixed\nTimeoutStartSec=" + seconds(plan.setup_timeout + beyond_setup) +
    "TimeoutStopSec=" + seconds(plan.grace()) + "Restart=on-failure\nRestartSec=5\nLimitNOFILE=65536\nMemoryMax=" +
    std::to_string(read_bytes("--memory", flags.memory)) + "\n" + protection +
    "PrivateDevices=" + (plan.gpus > 0 ? "no" : "yes") + "\n" + capabilities(flags.port) +
    "\n[Install]\nWantedBy=multi-user.target\n";
}

}   // namespace cog

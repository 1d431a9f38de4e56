#include "actors/worker_command.hpp"
#include "json/json_text.hpp"
#include <algorithm>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace cog {

namespace {

// The working directory enters sys.path only after the worker's own imports.
constexpr const char* start_code =
  "import sys; sys.path[:] = [p for p in sys.path if p]; "
  "from cog._worker import main; main(sys.argv[1:])";

/// Of a variable, `=` included: it holds secrets of the server.
bool is_ours_alone(std::string_view name) {
  return name == "COG_API_KEY=" || name == "COG_API_KEYS=" || name == "COG_WEBHOOK_SECRET=";
}

/// Ours, with `own` variables (NAME=value) in place of those of the same names.
std::vector<std::string> worker_environment(const server_config& config, std::vector<std::string> own) {
  if (!config.preload.empty())
    own.push_back("LD_PRELOAD=" + config.preload);
  auto is_replaced = [&](std::string_view variable) {
    auto name = variable.substr(0, variable.find('=') + 1);
    return name == "LD_PRELOAD=" || name == "COG_LD_PRELOAD=" || is_ours_alone(name) ||
      std::any_of(own.begin(), own.end(), [&](auto& entry) { return entry.starts_with(name); });
  };
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!is_replaced(*entry))
      own.emplace_back(*entry);
  return own;
}

/// A guess that costs no import: what is asynchronous by inheritance alone is not recognised.
bool looks_synchronous(const server_config& config) {
  std::ifstream source{config.project + "/" + config.reference.substr(0, config.reference.find(':'))};
  std::string text{std::istreambuf_iterator<char>{source}, {}};
  return !text.empty() && text.find("async") == text.npos;
}

}   // namespace

std::string worker_mark(const std::string& folder) {
  return std::string{worker_folder_variable} + "=" + folder;
}

subprocess_spec worker_command(const server_config& config, uint64_t index, const std::string& folder,
                               const device_lease* lease) {
  subprocess_spec spec;
  spec.argv = {config.python,
               "-c",
               start_code,
               "--data",
               std::to_string(worker_data_fd),
               "--control",
               std::to_string(worker_control_fd),
               "--lifeline",
               std::to_string(worker_lifeline_fd),
               "--ref",
               config.reference,
               "--mode",
               config.mode,
               "--worker",
               std::to_string(index),
               "--folder",
               folder,
               "--lease",
               lease ? lease_text(*lease, config) : "wait"};
  if (config.reload)
    spec.argv.insert(spec.argv.end(), {"--sources", "change"});
  auto own = lease ? lease->environment : std::vector<std::string>{};
  own.push_back(worker_mark(folder));
  if (config.ignore_gpus)
    own.emplace_back("CUDA_VISIBLE_DEVICES=-1");
  spec.env = worker_environment(config, std::move(own));
  spec.working_directory = config.project;
  spec.soft_file_limit = config.soft_file_limit;
  return spec;
}

std::optional<uint64_t> known_workers(const server_config& config, const description_ptr& model) {
  if (model)
    return model->workers;
  if (config.workers_by_gpu)
    return 0;
  if (config.workers > 1)
    return config.workers;
  if (config.workers == 0 && config.max_concurrency > 1 && looks_synchronous(config))
    return config.max_concurrency;
  return std::nullopt;
}

std::string lease_text(const device_lease& lease, const server_config& config) {
  bool many = lease.workers > 1;
  std::string text = R"({"environment":{)";
  for (std::string_view variable : lease.environment) {
    if (text.back() != '{')
      text += ',';
    append_json_string(text, variable.substr(0, variable.find('=')));
    text += ':';
    append_json_string(text, variable.substr(variable.find('=') + 1));
  }
  text += R"(},"devices":[)";
  for (auto& device : lease.devices) {
    if (text.back() != '[')
      text += ',';
    append_json_string(text, describe(device));
  }
  text += R"(],"context":)";
  append_json_string(text, !config.cuda_context.empty() ? config.cuda_context : many ? "early" : "late");
  text += many || !config.cuda_context.empty() ? R"(,"required":true})" : R"(,"required":false})";
  return text;
}

}   // namespace cog

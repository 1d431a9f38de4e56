#include "server/server_options.hpp"
#include "server/access_options.hpp"
#include "server/api_settings.hpp"
#include "server/self_check.hpp"
#include "server/project_file.hpp"
#include "version.hpp"
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace cog {

namespace {

/// Is all of the text a number?
bool read_number(std::string_view text, uint64_t& number) {
  const auto* last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, number);
  return error == std::errc{} && end == last;
}

/// Reads variables; a value that makes no sense becomes a warning and leaves the default.
class reader {
public:
  reader(const environment& variable, std::vector<std::string>& warnings) : variable_{variable}, warnings_{warnings} {
    // nop
  }

  void read(const char* name, std::string& value) const {
    if (auto text = variable_(name))
      value = *text;
  }

  /// One of several words.
  void read(const char* name, std::string& value, std::initializer_list<const char*> words) const {
    auto text = variable_(name);
    if (!text || text->empty())
      return;
    std::string all;
    for (auto* word : words) {
      if (*text == word) {
        value = *text;
        return;
      }
      all += (all.empty() ? "" : ", ") + std::string{word};
    }
    warnings_.push_back(std::string{name} + "=" + *text + " is none of " + all + "; the default is used");
  }

  void read(const char* name, uint64_t& value, uint64_t least = 0) const {
    auto text = variable_(name);
    if (!text || text->empty())
      return;
    uint64_t number = 0;
    if (!read_number(*text, number) || number < least)
      warnings_.push_back(std::string{name} + "=" + *text + " is no whole number of at least " + std::to_string(least) +
                          "; " + std::to_string(value) + " is used");
    else
      value = number;
  }

  /// Names with commas between them.
  void read(const char* name, std::vector<std::string>& value) const {
    std::istringstream rest{variable_(name).value_or("")};
    for (std::string item; std::getline(rest, item, ',');) {
      std::erase(item, ' ');
      if (!item.empty())
        value.push_back(std::move(item));
    }
  }

  void read(const char* name, real_seconds& value) const {
    auto text = variable_(name);
    if (!text || text->empty())
      return;
    char* end = nullptr;
    double number = std::strtod(text->c_str(), &end);
    if (*end != '\0' || !std::isfinite(number) || number < 0)
      warnings_.push_back(std::string{name} + "=" + *text + " is no number of seconds; the default is used");
    else
      value = real_seconds{number};
  }

private:
  const environment& variable_;
  std::vector<std::string>& warnings_;
};

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return file ? text.str() : std::string{};
}

/// The first of `names` in PATH, else the last.
std::string find_program(std::initializer_list<const char*> names, const std::optional<std::string>& path) {
  for (auto* name : names) {
    std::istringstream folders{path.value_or("/usr/local/bin:/usr/bin:/bin")};
    for (std::string folder; std::getline(folders, folder, ':');)
      if (access((folder + "/" + name).c_str(), X_OK) == 0)
        return name;
  }
  return *(names.end() - 1);
}

/// Takes what cog.yaml says about serving. Returns what is wrong with it.
std::string read_project(const std::string& path, server_config& config) {
  auto project = read_project_file(path, config.mode);
  if (config.reference.empty())
    config.reference = project.reference;
  if (config.max_concurrency == 0)
    config.max_concurrency = project.max_concurrency;
  return project.problem;
}

bool is_true(const std::string& text) {
  return text != "0" && text != "no" && text != "false" && text != "False";
}

void read_variables(const reader& env, const environment& variable, server_config& config) {
  uint64_t concurrency = 1;
  env.read("COG_MAX_CONCURRENCY", concurrency, 1);
  if (variable("COG_MAX_CONCURRENCY").value_or("").empty())
    concurrency = 0;
  config.max_concurrency = concurrency;
  config.workers_by_gpu = variable("COG_WORKERS") == "gpu";
  if (!config.workers_by_gpu)
    env.read("COG_WORKERS", config.workers, 1);
  env.read("COG_BATCH_SIZE", config.batch_size, 1);
  if (auto text = variable("COG_BATCH_WAIT_MS"); text && !text->empty()) {
    real_seconds wait{-1};
    env.read("COG_BATCH_WAIT_MS", wait);
    if (wait.count() >= 0)
      config.batch_wait_ms = wait.count();
  }
  env.read("COG_MAX_QUEUE", config.max_queue);
  env.read("COG_MAX_QUEUE_TIME", config.max_queue_time);
  env.read("COG_DEFAULT_DEADLINE", config.default_deadline);
  env.read("COG_ASYNC_PRIORITY", config.async_priority, {"normal", "low"});
  env.read("COG_FAIR_BY", config.fair_by);
  env.read("COG_RESTARTS", config.restarts);
  env.read("COG_THREADS", config.threads, 1);
  env.read("COG_SETUP_TIMEOUT", config.setup_timeout);
  env.read("COG_PREDICT_TIMEOUT", config.predict_timeout);
  env.read("COG_CANCEL_TIMEOUT", config.cancel_timeout);
  env.read("COG_SHUTDOWN_TIMEOUT", config.shutdown_timeout);
  env.read("COG_DRAIN_DELAY", config.drain_delay);
  env.read("COG_IMAGE", config.image);
  env.read("COG_IDLE_TIMEOUT", config.idle_timeout);
  env.read("COG_HEADER_TIMEOUT", config.header_timeout);
  env.read("COG_BODY_TIMEOUT", config.body_timeout);
  env.read("COG_MAX_CONNECTIONS", config.max_connections, 1);
  env.read("COG_MAX_CONNECTIONS_PER_ADDRESS", config.max_connections_per_address);
  env.read("COG_MAX_BODY_BYTES", config.max_body_bytes, 1);
  env.read("COG_MAX_FILE_BYTES", config.max_file_bytes, 1);
  env.read("COG_MAX_UPLOAD_BYTES", config.max_upload_bytes, 1);
  env.read("COG_MAX_BODY_MEMORY", config.max_body_memory, 1);
  env.read("COG_MAX_OUTPUT_MEMORY", config.max_output_memory, 1);
  env.read("COG_MAX_DOWNLOAD_BYTES", config.max_download_bytes);
  env.read("COG_MAX_LOG_BYTES", config.max_log_bytes, 1);
  env.read("COG_USER_AGENT", config.user_agent);
  auto logs = variable("COG_STATUS_LOGS").value_or("");
  config.status_logs = logs.empty() || is_true(logs);
  auto forbid = variable("COG_FORBID_PRIVATE_URLS").value_or("");
  config.forbid_private_urls = !forbid.empty() && is_true(forbid);
  env.read("COG_SHUTDOWN", config.shutdown, {"any", "local", "admin", "off"});
  env.read("COG_ALLOWED_HOSTS", config.allowed_hosts);
  env.read("COG_KEEP_RESULTS", config.keep_results);
  env.read("COG_KEEP_FILES", config.keep_files);
  env.read("COG_STREAM_HISTORY_CAPACITY", config.stream_history);
  env.read("COG_STREAM_KEEP_ALIVE", config.stream_keep_alive);
  if (variable("COG_THROTTLE_RESPONSE_INTERVAL").value_or("").starts_with('-'))
    config.webhook_interval = real_seconds{0};
  else
    env.read("COG_THROTTLE_RESPONSE_INTERVAL", config.webhook_interval);
  config.webhook_token = variable("WEBHOOK_AUTH_TOKEN");
  if (variable("KUBERNETES_SERVICE_HOST"))
    config.ready_file = "/var/run/cog/ready";
  env.read("COG_READY_FILE", config.ready_file);
  env.read("COG_TERMINATION_LOG", config.termination_log);
  std::string devices = "auto";
  env.read("COG_DEVICES", devices, {"auto", "cpu"});
  config.ignore_gpus = devices == "cpu";
  env.read("COG_GPUS_PER_WORKER", config.gpus_per_worker, 1);
  env.read("COG_CUDA_CONTEXT", config.cuda_context, {"early", "late", "off"});
  env.read("COG_GPU_CHECK_INTERVAL", config.gpu_check_interval);
  env.read("COG_LD_PRELOAD", config.preload);
  env.read("COG_PYTHON", config.python);
}

}   // namespace

std::optional<std::string> from_environment(const std::string& name) {
  auto* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::optional<early_exit> read_server_options(int argc, const char* const* argv, const environment& variable,
                                              server_options& options) {
  auto& config = options.config;
  reader env{variable, options.warnings};
  uint64_t port = 5000;
  bool version = false;
  std::string await;
  std::string check;
  std::string ignored;
  for (auto* name : {"PORT", "AIP_HTTP_PORT"}) {
    auto text = variable(name);
    if (!text)
      continue;
    if (!read_number(*text, port) || port > 65535)
      return early_exit{1, {}, std::string{"ERROR: "} + name + "=" + *text + " is no port number (0 to 65535)\n"};
    break;
  }
  CLI::App app{"Serves a Cog model over HTTP."};
  app.add_option("--host", config.host, "address to listen on (default 0.0.0.0)");
  app
    .add_option("--port", port, "port to listen on (default: PORT, else AIP_HTTP_PORT, else 5000); 0 takes a free one")
    ->check(CLI::Range(0, 65535));
  app.add_option("--project", config.project, "folder of the model (default: the working directory)");
  app.add_option("--upload-url", config.upload_url, "where output files are uploaded");
  app.add_option("--await-explicit-shutdown", await, "true: SIGTERM is ignored");
  app.add_option("--x-mode", config.mode, "predict (default) or train")->check(CLI::IsMember({"predict", "train"}));
  app
    .add_option("--check", check,
                "ask the server that runs on this machine and --port, instead of being one: exit code 0 or 1")
    ->check(CLI::IsMember({"livez", "readyz"}));
  app.add_flag("--reload", config.reload, "a change of the project's files starts the workers again");
  app.add_option("--threads", ignored, "accepted and ignored; see COG_THREADS");
  app.add_option("--home", ignored, "folder of the program, given by its launcher");
  app.add_flag("-v,--version", version, "print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return early_exit{0, app.help(), {}};
  } catch (const CLI::ParseError& error) {
    return early_exit{2, {}, std::string{"ERROR: "} + error.what() + "\n" + app.help()};
  }
  if (version)
    return early_exit{0, "coglet (C++) " + std::string{build_version} + "\n", {}};
  config.port = static_cast<uint16_t>(port);
  if (!check.empty()) {
    auto problem = check_server(check, config.host, config.port);
    return problem.empty() ? early_exit{} : early_exit{1, {}, "ERROR: " + problem + "\n"};
  }
  config.await_explicit_shutdown = !await.empty() && is_true(await);
  read_variables(env, variable, config);
  if (auto problem = read_access_options(variable, options); !problem.empty())
    return early_exit{1, {}, "ERROR: " + problem + "\n"};
  env.read("COG_WRITE_TIMEOUT", options.write_timeout);
  env.read("COG_PAGE", options.page.mode, {"on", "status", "off"});
  env.read("COG_PAGE_DIR", options.page.folder);
  env.read("COG_PAGE_MEDIA", options.page.media);
  options.page.media.push_back(config.upload_url);
  env.read("LOG_FORMAT", options.log.format);
  env.read("COG_LOG_LEVEL", options.log.level);
  options.log.directives = variable("RUST_LOG");
  auto reference = config.mode == "train" ? "COG_TRAIN_TYPE_STUB" : "COG_PREDICT_TYPE_STUB";
  env.read(reference, config.reference);
  auto yaml = config.project + "/cog.yaml";
  if (auto problem = read_project(yaml, config); !problem.empty())
    return early_exit{1, {}, "ERROR: " + problem + "\n"};
  if (auto problem = read_api_settings(yaml, variable, config); !problem.empty())
    return early_exit{1, {}, "ERROR: " + problem + "\n"};
  if (config.reference.empty())
    return early_exit{1,
                      {},
                      std::string{"ERROR: "} + reference + " environment variable is not set. Set it to the model's " +
                        "reference (predict.py:Predictor), or name the model in " + yaml + ".\n"};
  if (config.python.empty())
    config.python = find_program({"python", "python3"}, variable("PATH"));
  if (auto path = variable("COG_OPENAPI_SCHEMA"); path && !path->empty()) {
    config.openapi_schema = read_file(*path);
    if (config.openapi_schema.empty())
      return early_exit{1, {}, "ERROR: COG_OPENAPI_SCHEMA=" + *path + " cannot be read, or is empty\n"};
  }
  config.bundled_schema = read_file(config.project + "/.cog/openapi_schema.json");
  return {};
}

}   // namespace cog

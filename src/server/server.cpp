#include "server/server.hpp"
#include "actors/caf.hpp"
#include "actors/courier.hpp"
#include "actors/devices.hpp"
#include "actors/files.hpp"
#include "actors/health.hpp"
#include "actors/input_files.hpp"
#include "actors/reloader.hpp"
#include "actors/webhook_registry.hpp"
#include "actors/router.hpp"
#include "actors/stopper.hpp"
#include "actors/transfer.hpp"
#include "actors/worker.hpp"
#include "actors/worker_command.hpp"
#include "caf_asio/asio_scheduler.hpp"
#include "http/key_watcher.hpp"
#include "http/listener.hpp"
#include "io/file_limit.hpp"
#include "io/folder.hpp"
#include "io/log.hpp"
#include "io/memory_reserve.hpp"
#include "process/process_tree.hpp"
#include "process/temporary_root.hpp"
#include "server/access_options.hpp"
#include "server/service_notifier.hpp"
#include "server/project_file.hpp"
#include "server/termination_message.hpp"
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <malloc.h>
#include <optional>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>

namespace cog {

namespace {

using caf_asio::asio_scheduler;

struct actor_config : caf::actor_system_config {
  explicit actor_config(const server_config& config) {
    load<asio_scheduler>();
    set("scheduler.max-threads", config.threads);
    add_message_types<caf::id_block::cog>();
  }
};

/// Keeps connections from taking the descriptors that all else needs.
void limit_connections(server_config& config, uint64_t descriptors) {
  auto workers = std::max({config.workers, config.max_concurrency, uint64_t{1}});
  auto most = connections_within(descriptors, workers, config.max_connections);
  if (most < config.max_connections)
    spdlog::warn("server: connections-limited, connections={} open_files={}", most, descriptors);
  config.max_connections = most;
}

/// Lets the allocator use the memory of long bodies again: fresh pages cost eight times a copy. At most 32 MiB stay so;
/// blocks over 16 MiB still go back at once.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 16 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

/// Throws std::runtime_error.
net::ip::tcp::acceptor open_port(const net::any_io_executor& where, std::string host, uint16_t port,
                                 const char* instead) try {
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  auto address = net::ip::make_address(host, error);
  net::ip::tcp::endpoint endpoint{address, port};
  if (error)
    endpoint = *net::ip::tcp::resolver{where}.resolve(host, std::to_string(port)).begin();
  return {where, endpoint};
} catch (const boost::system::system_error& failure) {
  throw std::runtime_error{
    fmt::format("cannot listen on {}, port {}: {}; {} another", host, port, failure.code().message(), instead)};
}

/// Every SIGTERM and SIGINT, for as long as the context runs.
void watch_signals(net::signal_set& signals, const stopper_actor& stopper) {
  signals.async_wait([&signals, stopper](const boost::system::error_code& error, int) {
    if (error)
      return;
    caf::anon_send(stopper, atom::shutdown_v);
    watch_signals(signals, stopper);
  });
}

/// For actors with a thread of their own: without one the process ends, as no actor_system can be taken down whose actor
/// has not begun.
template <class Spawn>
auto spawn_or_end(const std::string& root, const Spawn& spawn) try {
  return spawn();
} catch (const std::system_error& error) {
  finish_log();
  std::cerr << "ERROR: cannot start a thread: " << error.what() << "; raise the limits of processes and memory\n";
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
  std::_Exit(1);
}

/// Looks at the project before any worker does, so that no change after that is missed.
std::shared_ptr<source_watch> watch_project(const server_config& config) {
  return config.reload ? std::make_shared<source_watch>(config.project, also_watched(config)) : nullptr;
}

router_makers makers(caf::actor_system& system, const worker_settings& settings,
                     const webhook_registry_actor& webhook_registry) {
  auto files = settings.files;
  auto transfers = settings.transfers;
  auto make_own_folder = [files, root = settings.root, number = std::make_shared<uint64_t>(0)] {
    return make_folder(root, ++*number,
                       [files](std::string path) { caf::anon_send(files, atom::sweep_v, std::move(path)); });
  };
  return {
    [&system, settings](const router_actor& router, const worker_order& order) {
      auto own = std::make_shared<worker_settings>(settings);
      own->router = router;
      own->waits_for_devices = order.waits_for_devices;
      if (order.source) {
        own->source = order.source->version;
        own->config.reference = order.source->reference;
        own->config.max_concurrency = order.source->max_concurrency;
      }
      auto strand = asio_scheduler::of(system).make_strand();
      return caf::actor_cast<worker_actor>(system.spawn<worker>(strand, order.index, order.model, std::move(own)));
    },
    [&system, files, transfers, make_own_folder](const request_ptr& request) {
      return system.spawn(input_files, request, files, transfers, make_own_folder());
    },
    [&system, files, transfers, webhook_registry, make_own_folder,
     config = std::make_shared<const server_config>(settings.config)](const request_ptr& request) -> courier_actor {
      return system.spawn(courier, courier_order{*request}, courier_links{transfers, files, webhook_registry},
                          make_own_folder(), config);
    },
  };
}

/// Folders for what clients send, made on any thread.
std::function<folder_ptr()> upload_folders(const files_actor& files, const std::string& root) {
  return [files, root, last = std::make_shared<std::atomic<uint64_t>>(0)] {
    return make_folder(root + "/upload" + std::to_string(++*last),
                       [files](std::string path) { caf::anon_send(files, atom::sweep_v, std::move(path)); });
  };
}

/// What systemd hears of a state of the server.
void tell(const service_notifier& manager, health_status shown, const std::string& cause) {
  if (shown == health_status::ready || shown == health_status::busy)
    manager.ready();
  else if (shown == health_status::setup_failed)
    manager.status("Setup failed: " + cause);
  else if (shown == health_status::defunct)
    manager.status("No worker is left: " + cause);
  else
    manager.status("The workers are being set up again: " + cause);
}

}   // namespace

int run_server(server_options options) {
  auto manager = std::make_shared<const service_notifier>();
  manager->status("The model is being set up");
  struct log_end {
    ~log_end() { finish_log(); }
  } last;
  for (auto& problem : start_log(options.log))
    spdlog::warn("server: setting-ignored, {}", problem);
  for (auto& warning : options.warnings)
    spdlog::warn("server: setting-ignored, {}", warning);
  auto& config = options.config;
  auto files_open = raise_file_limit();
  config.soft_file_limit = files_open.soft;
  limit_connections(config, files_open.hard);
  prctl(PR_SET_NAME, "coglet");
  keep_freed_memory();
  keep_memory_reserve();
  std::signal(SIGPIPE, SIG_IGN);
  if (config.await_explicit_shutdown)
    std::signal(SIGTERM, SIG_IGN);
  temporary_root root;
  std::string failure;

  actor_config cfg{config};
  {
    caf::actor_system system{cfg};
    auto& context = asio_scheduler::of(system).context();
    key_file file_of_keys{options.key_file};
    auto keys = make_key_ring(options, file_of_keys);
    auto acceptor =
      open_port(asio_scheduler::of(system).make_strand(), config.host, config.port, "--host and --port or PORT choose");
    std::optional<net::ip::tcp::acceptor> probes;
    if (!options.probe_host.empty())
      probes = open_port(asio_scheduler::of(system).make_strand(), options.probe_host, options.probe_port,
                         "COG_METRICS_LISTEN chooses");
    std::string problem;
    root = temporary_root::make(problem);
    if (root.path().empty())
      throw std::runtime_error{problem};
    spdlog::info("Starting coglet server on {}:{}", acceptor.local_endpoint().address().to_string(),
                 acceptor.local_endpoint().port());
    if (probes)
      spdlog::info("server: metrics and probes on {}:{}", probes->local_endpoint().address().to_string(),
                   probes->local_endpoint().port());
    sweep_dead_roots(root, worker_folder_variable);
    auto children = reaper::start(context);

    auto file_worker = spawn_or_end(root.path(), [&] { return system.spawn<caf::detached>(files); });
    auto web = web_options_from_environment();
    web.max_bytes = config.max_download_bytes;
    web.public_only = config.forbid_private_urls;
    web.webhook_secrets = config.webhook_secrets;
    if (web.public_only && has_proxy())
      spdlog::warn(
        "server: proxy-ignored, COG_FORBID_PRIVATE_URLS is set, and what is behind a proxy cannot be checked");
    auto transfers = caf::actor_cast<transfer_actor>(
      spawn_or_end(root.path(), [&] { return system.spawn<transfer, caf::detached>(web, config.upload_url); }));
    auto health_keeper = system.spawn(health);
    auto post_counter = system.spawn(webhook_registry);
    auto device_keeper =
      spawn_or_end(root.path(), [&] { return system.spawn<caf::detached>(devices, device_settings_of(config)); });
    auto outputs = std::make_shared<memory_account>(config.max_output_memory);
    worker_settings worker_defaults{config, {}, file_worker, transfers, device_keeper, children, root.path(), outputs};
    auto make = makers(system, worker_defaults, post_counter);
    make.announce = [manager](health_status shown, const std::string& cause) { tell(*manager, shown, cause); };
    auto watch = watch_project(config);
    auto dispatcher = system.spawn(
      router, health_keeper, std::move(make),
      queue_rules{.places = config.max_queue, .longest = config.max_queue_time, .takes_turns = !config.fair_by.empty()},
      kept_by(config));
    auto stop_leader = system.spawn(stopper, dispatcher, config.drain_delay, config.shutdown_timeout,
                                    std::function<void()>{[manager] { manager->stopping(); }});
    http_rules rules{config,
                     options.page,
                     std::make_shared<http_counters>(),
                     std::make_shared<memory_account>(config.max_body_memory),
                     outputs,
                     config.bundled_schema,
                     upload_folders(file_worker, root.path()),
                     keys};
    auto settings = std::make_shared<http_settings>(http_settings{
      std::move(rules), dispatcher, file_worker, post_counter, stop_leader, device_keeper, options.write_timeout});
    auto strand = acceptor.get_executor();
    auto front = caf::actor_cast<listener_actor>(system.spawn<listener>(strand, std::move(acceptor), settings));
    caf::anon_send(stop_leader, atom::start_v, front);
    listener_actor probe_front;
    if (probes) {
      auto limited = std::make_shared<http_settings>(*settings);
      limited->only_probes = true;
      auto probe_strand = probes->get_executor();
      probe_front =
        caf::actor_cast<listener_actor>(system.spawn<listener>(probe_strand, std::move(*probes), std::move(limited)));
      caf::anon_send(stop_leader, atom::start_v, probe_front);
    }
    key_watcher_actor key_keeper;
    if (!options.key_file.empty())
      key_keeper = spawn_or_end(root.path(), [&] {
        return system.spawn<caf::detached>(key_watcher, std::move(file_of_keys), options.keys, keys);
      });
    reloader_actor change_watcher;
    if (watch) {
      source_reader read = [changes = std::make_shared<project_changes>(config)](auto& changed) {
        return changes->read(changed);
      };
      change_watcher = caf::actor_cast<reloader_actor>(spawn_or_end(
        root.path(), [&] { return system.spawn<reloader, caf::detached>(std::move(watch), dispatcher, read); }));
      caf::anon_send(change_watcher, atom::tick_v);
    }

    net::signal_set signals{context, SIGINT};
    if (!config.await_explicit_shutdown)
      signals.add(SIGTERM);
    watch_signals(signals, stop_leader);
    caf::scoped_actor self{system};
    self->monitor(stop_leader);
    self->receive([&](const caf::down_msg& stop) {
      if (stop.reason)   // only what the stopper says of the model
        failure = text_of(stop.reason);
    });

    for (auto& actor : {caf::actor_cast<caf::actor>(front), caf::actor_cast<caf::actor>(dispatcher),
                        caf::actor_cast<caf::actor>(health_keeper), caf::actor_cast<caf::actor>(transfers),
                        caf::actor_cast<caf::actor>(post_counter)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    for (auto& actor : {caf::actor_cast<caf::actor>(change_watcher), caf::actor_cast<caf::actor>(probe_front),
                        caf::actor_cast<caf::actor>(key_keeper)})
      if (actor)
        caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(file_worker, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(device_keeper, caf::exit_reason::user_shutdown);
  }
  end_and_collect_descendants(std::chrono::seconds{1});
  std::error_code ignored;
  std::filesystem::remove_all(root.path(), ignored);
  if (failure.empty()) {
    spdlog::info("server: stopped");
    return 0;
  }
  spdlog::error("server: stopped, cause=\"{}\"", failure);
  leave_termination_message(config.termination_log, failure);
  return 1;
}

}   // namespace cog

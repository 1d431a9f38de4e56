#include "cli/server.hpp"
#include "actors/courier.hpp"
#include "actors/devices.hpp"
#include "actors/files.hpp"
#include "actors/health.hpp"
#include "actors/inputs.hpp"
#include "actors/mailroom.hpp"
#include "actors/router.hpp"
#include "actors/stopper.hpp"
#include "actors/transfer.hpp"
#include "actors/worker.hpp"
#include "caf_asio/asio_scheduler.hpp"
#include "http/listener.hpp"
#include "io/folder.hpp"
#include "io/log.hpp"
#include "io/process_tree.hpp"
#include <csignal>
#include <filesystem>
#include <iostream>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

/// Takes as many descriptors as we may; returns the limit that was set before, which the workers get back.
uint64_t raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return before;
}

/// Lets the allocator use the memory of long bodies again: fresh pages cost eight times a copy. At most 32 MiB stay so;
/// blocks over 16 MiB still go back at once.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 16 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

/// Throws std::runtime_error.
net::ip::tcp::acceptor bind(const net::any_io_executor& where, const server_config& config) try {
  auto host = config.host;
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  auto address = net::ip::make_address(host, error);
  net::ip::tcp::endpoint endpoint{address, config.port};
  if (error)
    endpoint = *net::ip::tcp::resolver{where}.resolve(host, std::to_string(config.port)).begin();
  return {where, endpoint};
} catch (const boost::system::system_error& failure) {
  throw std::runtime_error{fmt::format("cannot listen on {}, port {}: {}; --host and --port or PORT choose another",
                                       config.host, config.port, failure.code().message())};
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

router_makers makers(caf::actor_system& system, const worker_settings& settings, const mailroom_actor& mailroom) {
  auto files = settings.files;
  auto transfers = settings.transfers;
  auto make_own_folder = [files, root = settings.root, number = std::make_shared<uint64_t>(0)] {
    return make_folder(root, ++*number,
                       [files](std::string path) { caf::anon_send(files, atom::sweep_v, std::move(path)); });
  };
  return {
    [&system, settings](const router_actor& router, uint64_t index, const description_ptr& model) {
      auto own = std::make_shared<worker_settings>(settings);
      own->router = router;
      auto strand = asio_scheduler::of(system).make_strand();
      return caf::actor_cast<worker_actor>(system.spawn<worker>(strand, index, model, std::move(own)));
    },
    [&system, files, transfers, make_own_folder](const request_ptr& request) {
      return system.spawn(inputs, request, files, transfers, make_own_folder());
    },
    [&system, files, transfers, mailroom, make_own_folder,
     config = settings.config](const request_ptr& request) -> courier_actor {
      return system.spawn(courier, request, courier_links{transfers, files, mailroom}, make_own_folder(), config);
    },
  };
}

}   // namespace

int run_server(server_options options) {
  for (auto& problem : start_log(options.log))
    spdlog::warn("server: setting-ignored, {}", problem);
  for (auto& warning : options.warnings)
    spdlog::warn("server: setting-ignored, {}", warning);
  auto& config = options.config;
  config.soft_file_limit = raise_file_limit();
  prctl(PR_SET_NAME, "coglet");
  keep_freed_memory();
  std::signal(SIGPIPE, SIG_IGN);
  if (config.await_explicit_shutdown)
    std::signal(SIGTERM, SIG_IGN);
  std::string root;

  actor_config cfg{config};
  {
    caf::actor_system system{cfg};
    auto& context = asio_scheduler::of(system).context();
    auto acceptor = bind(asio_scheduler::of(system).make_strand(), config);
    std::string problem;
    root = make_temporary_root(problem);
    if (root.empty())
      throw std::runtime_error{problem};
    spdlog::info("Starting coglet server on {}:{}", acceptor.local_endpoint().address().to_string(),
                 acceptor.local_endpoint().port());
    auto children = reaper::start(context);

    auto file_worker = system.spawn<caf::detached>(files);
    auto web = web_options_from_environment();
    web.max_bytes = config.max_download_bytes;
    web.public_only = config.forbid_private_urls;
    if (web.public_only && has_proxy())
      spdlog::warn(
        "server: proxy-ignored, COG_FORBID_PRIVATE_URLS is set, and what is behind a proxy cannot be checked");
    auto transfers = caf::actor_cast<transfer_actor>(system.spawn<transfer, caf::detached>(web, config.upload_url));
    auto health_keeper = system.spawn(health);
    auto post_counter = system.spawn(mailroom);
    auto device_keeper = system.spawn<caf::detached>(devices, device_settings_of(config));
    worker_settings worker_defaults{config, {}, file_worker, transfers, device_keeper, children, root};
    auto dispatcher =
      system.spawn(router, health_keeper, makers(system, worker_defaults, post_counter), config.max_queue,
                   result_ring::limits{.entries = config.keep_results, .file_bytes = config.keep_files});
    auto stop_leader = system.spawn(stopper, dispatcher, config.shutdown_timeout);
    auto settings = std::make_shared<http_settings>(
      http_settings{config, dispatcher, file_worker, post_counter, stop_leader, device_keeper,
                    std::make_shared<http_counters>(), config.bundled_schema});
    auto strand = acceptor.get_executor();
    auto front =
      caf::actor_cast<listener_actor>(system.spawn<listener>(strand, std::move(acceptor), std::move(settings)));
    caf::anon_send(stop_leader, atom::start_v, front);

    net::signal_set signals{context, SIGINT};
    if (!config.await_explicit_shutdown)
      signals.add(SIGTERM);
    watch_signals(signals, stop_leader);
    caf::scoped_actor self{system};
    self->wait_for(stop_leader);

    for (auto& actor : {caf::actor_cast<caf::actor>(front), caf::actor_cast<caf::actor>(dispatcher),
                        caf::actor_cast<caf::actor>(health_keeper), caf::actor_cast<caf::actor>(transfers),
                        caf::actor_cast<caf::actor>(post_counter)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(file_worker, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(device_keeper, caf::exit_reason::user_shutdown);
  }
  end_and_collect_descendants(std::chrono::seconds{1});
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
  spdlog::info("server: stopped");
  return 0;
}

}   // namespace cog

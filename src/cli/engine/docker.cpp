#include "cli/engine/docker.hpp"
#include "cli/engine/docker_arguments.hpp"
#include "cli/engine/error_filter.hpp"
#include "cli/engine/foreground.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <array>
#include <cstdlib>
#include <poll.h>
#include <random>
#include <sstream>
#include <thread>

namespace cog {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds try_again{100};
constexpr seconds patience{10};   // for the engine itself, beyond the grace of the container

std::string new_name() {
  std::random_device random;
  std::ostringstream name;
  name << "cog-" << std::hex << random() << random();
  return name.str();
}

/// Every place where a client may be, in the order of preference.
std::vector<std::string> client_places() {
  auto* path = std::getenv("PATH");
  std::istringstream folders{path ? path : ""};
  std::vector<std::string> places;
  auto add = [&](const std::string& place) {
    if (access(place.c_str(), X_OK) == 0 && std::find(places.begin(), places.end(), place) == places.end())
      places.push_back(place);
  };
  for (std::string folder; std::getline(folders, folder, ':');)
    add(folder + "/docker");
  for (auto* folder : {"/usr/local/bin", "/usr/bin"})
    add(std::string{folder} + "/docker");
  return places;
}

std::string trimmed(const std::string& text) {
  auto end = text.find_last_not_of(" \r\n");
  return end == text.npos ? std::string{} : text.substr(0, end + 1);
}

class container : public running {
public:
  container(const docker_client& client, const run_plan& plan)
    : client_{client},
      name_{new_name()},
      inside_{plan.ports.empty() ? uint16_t{0} : plan.ports.front().inside},
      filter_{plan.gpus == "all" ? std::make_unique<error_filter>(plan.output >= 0 ? plan.output : STDERR_FILENO)
                                 : nullptr},
      process_{start(plan)} {
    if (filter_)
      filter_->close_input();
  }

  ~container() override {
    if (!process_.has_ended())
      client_.run({"rm", "--force", name_});
  }

  int descriptor() const override { return process_.descriptor(); }
  bool has_ended() override { return process_.has_ended(); }
  int wait() override { return process_.wait(); }

  void stop(seconds grace, const interrupts& signals) override {
    auto deadline = steady_clock::now() + grace + patience;
    while (!process_.has_ended() && steady_clock::now() < deadline) {
      process asking{command({"stop", "--time", std::to_string(grace.count()), name_})};
      while (!asking.has_ended() && !process_.has_ended())
        if (wait_for({process_.descriptor(), asking.descriptor(), signals.descriptor()}, patience) && signals.take())
          client_.run({"kill", name_});
      asking.wait();
      wait_for({process_.descriptor()}, try_again);   // a container that is only being made cannot be stopped yet
    }
    if (!process_.has_ended())
      client_.run({"rm", "--force", name_});
    process_.wait();
  }

  std::string url() override {
    auto shown = client_.run({"port", name_, std::to_string(inside_) + "/tcp"});
    auto address = shown.out.substr(0, shown.out.find('\n'));
    return shown.status == 0 && !address.empty() ? "http://" + address : std::string{};
  }

  bool lacks_gpu_driver() override { return filter_ && process_.wait() != 0 && filter_->has_seen_missing_driver(); }

private:
  static bool wait_for(const std::vector<int>& descriptors, milliseconds limit) {
    std::vector<pollfd> watched;
    watched.reserve(descriptors.size());
    for (int descriptor : descriptors)
      watched.push_back({descriptor, POLLIN, 0});
    return poll(watched.data(), watched.size(), static_cast<int>(limit.count())) > 0;
  }

  process_plan command(std::vector<std::string> words) const {
    words.insert(words.begin(), client_.program);
    return {std::move(words), {}, {}, -1, -1, -1, true};
  }

  process start(const run_plan& plan) const {
    bool terminal = plan.interactive && isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
    auto started = command(docker_run_arguments(plan, name_, terminal));
    started.in = plan.interactive ? STDIN_FILENO : -1;
    started.out = plan.output >= 0 ? plan.output : STDOUT_FILENO;
    started.err = filter_ ? filter_->input() : plan.output >= 0 ? plan.output : STDERR_FILENO;
    started.own_group = !plan.interactive;
    return process{started};
  }

  const docker_client& client_;
  std::string name_;
  uint16_t inside_;
  std::unique_ptr<error_filter> filter_;
  process process_;
};

}   // namespace

captured docker_client::run(std::vector<std::string> words) const {
  words.insert(words.begin(), program);
  return run_captured({std::move(words), {}, {}, -1, -1, -1, true});
}

captured docker_client::run_telling(std::vector<std::string> words, const console& messages, std::string what) const {
  foreground standing_by{messages, std::move(what), news::status};
  words.insert(words.begin(), program);
  auto done = run_captured({std::move(words), {}, {}, -1, -1, -1, true},
                           [&](const process& running) { standing_by.look(running); });
  standing_by.check_stopped();
  return done;
}

captured docker_client::run_shown(std::vector<std::string> words, const console& messages, int in) const {
  foreground standing_by{messages, "docker " + words.front(), messages.terminal ? news::none : news::lines};
  words.insert(words.begin(), program);
  auto done = run_keeping_errors({std::move(words), {}, {}, in, STDERR_FILENO, -1, true},
                                 [&](const process& running) { standing_by.look(running); });
  standing_by.check_stopped();
  return done;
}

std::string docker_words(const captured& failed) {
  auto text = trimmed(failed.err);
  text.erase(0, text.rfind('\n') + 1);
  for (std::string_view prefix : {"Error response from daemon: ", "Error: ", "ERROR: "})
    if (text.starts_with(prefix))
      text.erase(0, prefix.size());
  return text.empty() ? "docker ended with status " + std::to_string(failed.status) : text;
}

std::optional<docker_client> find_docker(std::string& problem) {
  auto places = client_places();
  problem = places.empty() ? "there is no docker command" : std::string{};
  for (auto& place : places) {
    docker_client client{place, {}};
    auto answer = client.run({"version", "--format", "{{.Server.Version}}"});
    client.server_version = trimmed(answer.out);
    if (answer.status == 0 && !client.server_version.empty())
      return client;
    if (problem.empty())
      problem = trimmed(answer.err);
  }
  return std::nullopt;
}

std::unique_ptr<running> docker_engine::start(const run_plan& plan) {
  return std::make_unique<container>(client_, plan);
}

std::map<std::string, std::string> docker_engine::labels(const std::string& image) const {
  std::vector<std::string> inspect{"image", "inspect", "--format", "{{json .Config.Labels}}", image};
  auto found = client_.run(inspect);
  if (found.status != 0) {
    auto pulled = client_.run_shown({"pull", "--platform", "linux/amd64", image}, messages_);
    if (pulled.status != 0)
      throw command_error{"image " + image + " is not here and cannot be pulled: " + docker_words(pulled)};
    found = client_.run(inspect);
  }
  std::map<std::string, std::string> result;
  json_error ignored;
  if (auto labels = parse_json(std::string_view{found.out}, ignored))
    for (auto& [name, value] : labels->members) {
      std::string scratch;
      result[name] = std::string{string_content(value, scratch)};
    }
  return result;
}

}   // namespace cog

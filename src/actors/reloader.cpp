#include "actors/reloader.hpp"
#include <algorithm>
#include <array>
#include <chrono>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <system_error>

namespace cog {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds quiet{30};      // without a change, which may be the last of several
constexpr milliseconds longest{300};   // from the first on, if they do not end
constexpr size_t most_named = 5;       // in a line of the log

std::string named(const std::vector<std::string>& files) {
  std::vector<std::string> first{files.begin(), files.begin() + static_cast<long>(std::min(files.size(), most_named))};
  auto more = files.size() - first.size();
  return fmt::format("{}{}", fmt::join(first, ","), more > 0 ? fmt::format(" and {} more", more) : std::string{});
}

}   // namespace

reloader::reloader(caf::actor_config& cfg, std::shared_ptr<source_watch> watch, router_actor router, source_reader read)
  : reloader_actor::base{cfg},
    watch_{std::move(watch)},
    router_{std::move(router)},
    read_{std::move(read)},
    wakes_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (!wakes_)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

void reloader::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) {
  bool own = what->sender.get() == ctrl();
  reloader_actor::base::enqueue(std::move(what), unit);
  if (!own)
    ::eventfd_write(wakes_.get(), 1);
}

void reloader::on_exit() {
  watch_ = nullptr;
  router_ = nullptr;
}

reloader::behavior_type reloader::make_behavior() {
  return {[this](atom::tick) {
    if (!std::exchange(begun_, true))
      begin();
    if (!watch_->problem().empty())
      return;
    if (wait_for_changes())
      tell();
    send(this, atom::tick_v);
  }};
}

void reloader::begin() {
  warn();
  if (auto& problem = watch_->problem(); !problem.empty()) {
    spdlog::error("reload: off, changes are not seen: {}", problem);
    return tell_problem("Changes of the source are not seen: " + problem);
  }
  spdlog::info("reload: watching, folders={}", watch_->folders());
  send(router_, atom::reload_v, std::make_shared<const model_source>());
}

bool reloader::wait_for_changes() {
  auto due = clock::time_point::max();
  auto last = clock::time_point::max();
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{watch_->descriptor(), POLLIN, 0}, pollfd{wakes_.get(), POLLIN, 0}};
    auto until = std::min(due, last) - clock::now();
    auto wait = due == clock::time_point::max() ? -1 : std::chrono::ceil<milliseconds>(until).count();
    ::poll(watched.data(), watched.size(), static_cast<int>(std::max<int64_t>(wait, -1)));
    if (watched[1].revents != 0) {
      eventfd_t ignored = 0;
      ::eventfd_read(wakes_.get(), &ignored);
      return due != clock::time_point::max();
    }
    auto now = clock::now();
    if (watched[0].revents != 0 && watch_->read()) {
      last = std::min(last, now + longest);
      due = now + quiet;
    }
    warn();
    if (now >= std::min(due, last))
      return true;
  }
}

void reloader::tell() {
  auto changed = watch_->take_changes();
  if (changed.empty())
    return;
  auto source = read_(changed);
  source.version = ++version_;
  spdlog::info("reload: changed, version={} files={}", version_, named(changed));
  send(router_, atom::reload_v, std::make_shared<const model_source>(std::move(source)));
}

void reloader::tell_problem(std::string text) {
  model_source source;
  source.problem = std::move(text);
  send(router_, atom::reload_v, std::make_shared<const model_source>(std::move(source)));
}

void reloader::warn() {
  for (auto& text : watch_->take_warnings())
    spdlog::warn("reload: partly-blind, {}", text);
}

}   // namespace cog

#include "cli/top/status_screen.hpp"
#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace cog {

namespace {

/// Without control characters, at most so many bytes, ending with a whole character.
std::string harmless(std::string_view text, size_t most) {
  std::string result;
  for (unsigned char byte : text.substr(0, most))
    if (byte >= 0x20 && byte != 0x7F)
      result += static_cast<char>(byte);
    else if (byte == '\n' || byte == '\t' || byte == '\r')
      result += ' ';
  if (text.size() > most)
    while (!result.empty() && (static_cast<unsigned char>(text[result.size()]) & 0xC0) == 0x80)
      result.pop_back();
  return result;
}

std::string text_at(const json_value& object, std::initializer_list<std::string_view> path) {
  auto* found = object.find_path(path);
  if (found == nullptr)
    return {};
  std::string scratch;
  return std::string{found->is(json_kind::string) ? string_content(*found, scratch) : found->raw};
}

double number_at(const json_value& object, std::initializer_list<std::string_view> path) {
  auto* found = object.find_path(path);
  return found != nullptr && found->is(json_kind::number) ? static_cast<double>(number_value(found->raw)) : 0;
}

const std::vector<json_value>& items_at(const json_value& object, std::string_view name) {
  static const std::vector<json_value> none;
  auto* found = object.find(name);
  return found != nullptr ? found->items : none;
}

std::string bytes_text(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit)
    bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, bytes < 10 && unit > 0 ? 1 : 0, units.at(unit));
}

std::string time_text(double seconds) {
  if (seconds < 1e-3)
    return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1)
    return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.3g} s", seconds);
}

/// Columns as wide as their widest cell.
class table {
public:
  explicit table(std::vector<std::string> head) : rows_{std::move(head)} {
    // nop
  }

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  void draw(std::vector<std::string>& lines) const {
    std::vector<size_t> widths(rows_.front().size());
    for (auto& row : rows_)
      for (size_t i = 0; i < row.size(); ++i)
        widths[i] = std::max(widths[i], row[i].size());
    for (auto& row : rows_) {
      std::string line;
      for (size_t i = 0; i < row.size(); ++i)
        line += fmt::format("{:<{}}  ", row[i], widths[i]);
      line.erase(line.find_last_not_of(' ') + 1);
      lines.push_back(std::move(line));
    }
  }

private:
  std::vector<std::vector<std::string>> rows_;
};

class screen {
public:
  screen(const json_value& status, const screen_style& style) : status_{status}, style_{style} {
    // nop
  }

  std::vector<std::string> draw(const std::string& address) {
    head(address);
    workers();
    devices();
    deaths();
    failures();
    for (auto& line : lines_)
      cut(line);
    return std::move(lines_);
  }

private:
  void head(const std::string& address) {
    auto state = text_at(status_, {"status"});
    bool good = state == "READY" || state == "BUSY";
    auto shown =
      style_.color ? fmt::format("\x1b[1;{}m{}\x1b[0m", good ? 32 : 31, harmless(state, 32)) : harmless(state, 32);
    lines_.push_back(fmt::format("{}  {}  {}  since {}", harmless(address, 200), shown,
                                 harmless(text_at(status_, {"model", "reference"}), 100),
                                 harmless(text_at(status_, {"since"}), 19)));
    lines_.push_back(
      fmt::format("slots {:.0f}/{:.0f} busy, {:.0f} live   waiting {:.0f} of {:.0f} places   connections {:.0f}",
                  number_at(status_, {"slots", "busy"}), number_at(status_, {"slots", "total"}),
                  number_at(status_, {"slots", "live"}), number_at(status_, {"slots", "waiting"}),
                  number_at(status_, {"slots", "queue"}), number_at(status_, {"http", "connections"})));
    table rates{{"", "succeeded/s", "failed/s", "canceled/s", "refused/s"}};
    for (auto* time : {"1m", "5m"})
      rates.add({time, rate(time, "succeeded"), rate(time, "failed"), rate(time, "canceled"), rate(time, "refused")});
    rates.draw(lines_);
    lines_.emplace_back();
    table times{
      {fmt::format("last 5 min, {:.0f} ended", number_at(status_, {"latency", "count"})), "p50", "p90", "p99", "max"}};
    times.add({"time to run", ran("p50"), ran("p90"), ran("p99"), ran("max")});
    times.add({"time in queue", waited("p50"), waited("p90"), waited("p99"), waited("max")});
    times.draw(lines_);
  }

  std::string rate(std::string_view time, std::string_view what) const {
    return fmt::format("{:.3g}", number_at(status_, {"rates", time, what}));
  }
  std::string ran(std::string_view which) const { return time_text(number_at(status_, {"latency", which})); }
  std::string waited(std::string_view which) const {
    return time_text(number_at(status_, {"latency", "queue", which}));
  }

  void workers() {
    table rows{{"WORKER", "STATE", "PID", "MEMORY", "CPU", "DONE", "RESTARTS", "RUNNING"}};
    for (auto& worker : items_at(status_, "workers")) {
      auto& running = items_at(worker, "running");
      std::string first = running.empty() ? "" : harmless(text_at(running.front(), {"id"}), 40);
      if (running.size() > 1)
        first += fmt::format(" and {} more", running.size() - 1);
      auto memory = number_at(worker, {"rss_bytes"});
      rows.add({text_at(worker, {"index"}), harmless(text_at(worker, {"state"}), 20), text_at(worker, {"pid"}),
                memory > 0 ? bytes_text(memory) : "", memory > 0 ? time_text(number_at(worker, {"cpu_seconds"})) : "",
                text_at(worker, {"predictions"}), text_at(worker, {"restarts", "total"}), first});
    }
    lines_.emplace_back();
    rows.draw(lines_);
  }

  void devices() {
    auto& devices = items_at(status_, "gpus");
    if (devices.empty())
      return;
    table rows{{"GPU", "NAME", "STATE", "MEMORY", "BUSY", "WORKERS"}};
    for (auto& device : devices) {
      std::string holders;
      for (auto& worker : items_at(device, "workers"))
        holders.append(holders.empty() ? "" : ",").append(worker.raw);
      auto used = number_at(device, {"memory_used_bytes"});
      auto memory = bytes_text(number_at(device, {"memory_bytes"}));
      rows.add(
        {text_at(device, {"index"}), harmless(text_at(device, {"name"}), 40), harmless(text_at(device, {"state"}), 10),
         used > 0 ? bytes_text(used) + " of " + memory : memory,
         device.find("utilization") != nullptr ? fmt::format("{:.0f} %", 100 * number_at(device, {"utilization"})) : "",
         holders});
    }
    lines_.emplace_back();
    rows.draw(lines_);
  }

  void deaths() {
    auto& deaths = items_at(status_, "deaths");
    if (deaths.empty())
      return;
    lines_.emplace_back();
    lines_.push_back(fmt::format("last deaths of workers ({})", deaths.size()));
    for (size_t i = 0; i < std::min(deaths.size(), size_t{3}); ++i)
      lines_.push_back(fmt::format("  {}  worker {}  {}  took {}", harmless(text_at(deaths[i], {"at"}), 19),
                                   text_at(deaths[i], {"worker"}), harmless(text_at(deaths[i], {"cause"}), 200),
                                   items_at(deaths[i], "predictions").size()));
  }

  void failures() {
    auto& failures = items_at(status_, "failures");
    if (failures.empty())
      return;
    lines_.emplace_back();
    lines_.push_back(
      fmt::format("last failures ({}{})", failures.size(), style_.failures ? "" : "; f shows their logs"));
    for (size_t i = 0; i < std::min(failures.size(), size_t{style_.failures ? 20U : 3U}); ++i) {
      lines_.push_back(fmt::format("  {}  {}  {}", harmless(text_at(failures[i], {"at"}), 19),
                                   harmless(text_at(failures[i], {"id"}), 60),
                                   harmless(text_at(failures[i], {"error"}), 300)));
      if (style_.failures)
        log_of(text_at(failures[i], {"log_tail"}));
    }
  }

  void log_of(std::string_view log) {
    constexpr size_t most_lines = 8;
    while (!log.empty() && log.back() == '\n')
      log.remove_suffix(1);
    size_t begin = log.size();
    for (size_t i = 0; i < most_lines && begin > 0; ++i) {
      auto found = begin > 1 ? log.rfind('\n', begin - 2) : log.npos;
      begin = found == log.npos ? 0 : found + 1;
    }
    for (log.remove_prefix(begin); !log.empty();) {
      auto end = std::min(log.find('\n'), log.size());
      lines_.push_back("    " + harmless(log.substr(0, end), 300));
      log.remove_prefix(std::min(end + 1, log.size()));
    }
  }

  /// By characters, which is the width of most; colours do not count.
  void cut(std::string& line) const {
    if (style_.columns == 0)
      return;
    size_t width = 0;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\x1b') {
        i = line.find('m', i);
        continue;
      }
      if ((static_cast<unsigned char>(line[i]) & 0xC0) == 0x80 || ++width <= style_.columns)
        continue;
      line.resize(i);
      if (style_.color)
        line += "\x1b[0m";
      return;
    }
  }

  const json_value& status_;
  const screen_style& style_;
  std::vector<std::string> lines_;
};

}   // namespace

std::vector<std::string> draw_status(const json_value& status, const std::string& address, const screen_style& style) {
  return screen{status, style}.draw(address);
}

}   // namespace cog

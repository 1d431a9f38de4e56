#include "io/log.hpp"
#include "io/log_writer.hpp"
#include "json/json_text.hpp"
#include <algorithm>
#include <array>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace cog {

namespace {

constexpr std::array<std::string_view, 5> target_names{"coglet", "coglet::http", "coglet::prediction", "coglet::setup",
                                                       "coglet::user"};

/// One for each target; empty until the log is started.
std::array<std::shared_ptr<spdlog::logger>, target_names.size()> loggers;

/// Of the record that this thread is writing.
thread_local std::span<const log_field> current_fields;

void append(spdlog::memory_buf_t& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

std::string text_of(const log_field& field, bool quoted) {
  return std::visit(
    [quoted](auto value) {
      if constexpr (!std::is_same_v<decltype(value), std::string_view>)
        return fmt::format("{}", value);
      std::string text;
      if (quoted)
        append_json_string(text, fmt::format("{}", value));
      else
        text = fmt::format("{}", value);
      return text;
    },
    field.value);
}

/// The message and its fields as members of a JSON object.
class json_fields : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& record, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string text = R"("message":)";
    append_json_string(text, {record.payload.data(), record.payload.size()});
    for (auto& field : current_fields) {
      text += ',';
      append_json_string(text, field.name);
      text += ':';
      text += text_of(field, true);
    }
    append(out, text);
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<json_fields>(); }
};

/// The fields as ` name=value`.
class plain_fields : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& out) override {
    for (auto& field : current_fields) {
      append(out, " ");
      append(out, field.name);
      append(out, "=");
      append(out, text_of(field, false));
    }
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<plain_fields>(); }
};

/// The level in capitals.
class upper_level : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& record, const std::tm&, spdlog::memory_buf_t& out) override {
    constexpr std::string_view names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "ERROR", "OFF"};
    append(out, names[record.level]);
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<upper_level>(); }
};

/// Hands each line to the thread that writes.
class queue_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit queue_sink(std::shared_ptr<log_writer> writer) : writer_{std::move(writer)} {
    // nop
  }
  ~queue_sink() override { writer_->close(); }

private:
  void sink_it_(const spdlog::details::log_msg& record) override {
    spdlog::memory_buf_t line;
    formatter_->format(record, line);
    writer_->write({line.data(), line.size()});
  }
  void flush_() override {
    // nop
  }

  std::shared_ptr<log_writer> writer_;
};

/// What the loggers write through; null until the log is started.
std::shared_ptr<log_writer> writer;

std::string dropped_line(spdlog::formatter& formatter, uint64_t count) {
  auto text = fmt::format("{} log lines dropped: standard error is read too slowly or cannot be written to", count);
  auto name = to_string(log_target::server);
  spdlog::details::log_msg record{spdlog::string_view_t{name.data(), name.size()}, spdlog::level::warn, text};
  spdlog::memory_buf_t line;
  formatter.format(record, line);
  return {line.data(), line.size()};
}

spdlog::level::level_enum to_spdlog(log_level level) {
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  return levels.at(static_cast<size_t>(level));
}

std::optional<spdlog::level::level_enum> level_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, spdlog::level::level_enum>, 6> names{
    {{"off", spdlog::level::off},
     {"error", spdlog::level::err},
     {"warn", spdlog::level::warn},
     {"info", spdlog::level::info},
     {"debug", spdlog::level::debug},
     {"trace", spdlog::level::trace}}};
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (size_t i = 0; i < names.size(); ++i)
    if (lower == names[i].first || lower == std::to_string(i))
      return names[i].second;
  return {};
}

/// Whether a directive for `wanted` is one for `target`: the same, or one of its parents.
bool covers(std::string_view wanted, std::string_view target) {
  return target.starts_with(wanted) && (target.size() == wanted.size() || target.substr(wanted.size(), 2) == "::");
}

using levels = std::array<spdlog::level::level_enum, target_names.size()>;

/// What the directives say of each target; the longest one that names it counts, and without any it is silent but for
/// errors, as it is where these directives come from.
levels levels_of(std::string_view directives, std::vector<std::string>& problems) {
  levels result;
  result.fill(spdlog::level::err);
  std::array<size_t, target_names.size()> lengths{};
  while (!directives.empty()) {
    auto one = directives.substr(0, directives.find(','));
    directives.remove_prefix(std::min(directives.size(), one.size() + 1));
    auto equals = one.find('=');
    auto target = one.substr(0, equals);
    auto level = level_named(equals == std::string_view::npos ? one : one.substr(equals + 1));
    if (equals == std::string_view::npos) {
      if (level)
        target = {};
      else
        level = spdlog::level::trace;   // a target alone: all of it
    }
    if (!level)
      problems.push_back("RUST_LOG: " + std::string{one} +
                         " is left out: a level is one of off, error, warn, info, debug, trace");
    else
      for (size_t i = 0; i < result.size(); ++i)
        if ((target.empty() || covers(target, target_names[i])) && target.size() >= lengths[i]) {
          result[i] = *level;
          lengths[i] = target.size();
        }
  }
  return result;
}

/// Setup's own lines are seen at every level.
levels levels_of(std::string_view level) {
  levels result;
  result.fill(level == "debug"                          ? spdlog::level::debug
                : level == "warn" || level == "warning" ? spdlog::level::warn
                : level == "error"                      ? spdlog::level::err
                                                        : spdlog::level::info);
  auto& setup = result.at(static_cast<size_t>(log_target::setup));
  setup = std::min(setup, spdlog::level::info);
  return result;
}

}   // namespace

std::string_view to_string(log_target target) {
  return target_names.at(static_cast<size_t>(target));
}

std::vector<std::string> start_log(const log_options& options) {
  std::vector<std::string> problems;
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<json_fields>('*').add_flag<plain_fields>('@').add_flag<upper_level>('&');
  if (options.format == "console")
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %& %n: %v%@");
  else
    formatter->set_pattern(R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%&","fields":{%*},"target":"%n"})");
  writer =
    log_writer::start(STDERR_FILENO, [own = std::shared_ptr<spdlog::formatter>{formatter->clone()}](uint64_t count) {
      return dropped_line(*own, count);
    });
  auto sink = std::make_shared<queue_sink>(writer);
  sink->set_formatter(std::move(formatter));
  auto wanted = options.directives ? levels_of(*options.directives, problems) : levels_of(options.level);
  for (size_t i = 0; i < loggers.size(); ++i) {
    loggers[i] = std::make_shared<spdlog::logger>(std::string{target_names[i]}, sink);
    loggers[i]->set_level(wanted[i]);
    loggers[i]->set_error_handler([](const std::string&) {
      // nop: a line that there is no memory for is lost, and standard error is not for this thread to write to
    });
  }
  spdlog::set_default_logger(loggers.front());
  return problems;
}

void finish_log() {
  if (writer)
    writer->flush(std::chrono::seconds{1});
}

bool is_logged(log_target target, log_level level) {
  auto& logger = loggers[static_cast<size_t>(target)];
  return logger && logger->should_log(to_spdlog(level));
}

void write_log(log_target target, log_level level, std::string_view message, std::initializer_list<log_field> fields) {
  write_log(target, level, message, std::span{fields.begin(), fields.size()});
}

void write_log(log_target target, log_level level, std::string_view message, std::span<const log_field> fields) {
  if (!is_logged(target, level))
    return;
  current_fields = fields;
  loggers[static_cast<size_t>(target)]->log(to_spdlog(level), spdlog::string_view_t{message.data(), message.size()});
  current_fields = {};
}

}   // namespace cog

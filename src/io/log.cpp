#include "io/log.hpp"
#include "prediction/json_text.hpp"
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

/// The message as a JSON string.
class json_message : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& record, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string text;
    append_json_string(text, {record.payload.data(), record.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<json_message>(); }
};

/// The level in capitals.
class upper_level : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& record, const std::tm&, spdlog::memory_buf_t& out) override {
    constexpr std::string_view names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "ERROR", "OFF"};
    auto name = names[record.level];
    out.append(name.data(), name.data() + name.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<upper_level>(); }
};

}   // namespace

void start_log(std::string_view format, std::string_view level) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<json_message>('*').add_flag<upper_level>('&');
  if (format == "console")
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %& %v");
  else
    formatter->set_pattern(
      R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%&","fields":{"message":%*},"target":"coglet"})");
  auto log = std::make_shared<spdlog::logger>("coglet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_formatter(std::move(formatter));
  if (level == "debug")
    log->set_level(spdlog::level::debug);
  else if (level == "warn" || level == "warning")
    log->set_level(spdlog::level::warn);
  else if (level == "error")
    log->set_level(spdlog::level::err);
  spdlog::set_default_logger(std::move(log));
}

}   // namespace cog

#include "actors/setup_log.hpp"
#include "io/log.hpp"
#include "prediction/clock_text.hpp"

namespace cog {

void setup_log::begin() {
  result_ = {};
  result_.started_at = to_rfc3339(std::chrono::system_clock::now());
  result_.status = "starting";
  unfinished_ = {};
  full_ = false;
}

void setup_log::note(std::string_view message) {
  finish_lines();
  write_log(log_target::server, log_level::info, message);
  add(log_target::server, message);
}

void setup_log::print(log_source source, std::string_view text) {
  unfinished_[source == log_source::err].add(text, [&](std::string_view line) { write(source, line); });
}

void setup_log::write(log_source source, std::string_view line) {
  write_log(log_target::setup, log_level::info, line, {{"source", to_string(source)}});
  add(log_target::setup, line);
}

void setup_log::set_versions(std::string python, std::string sdk) {
  result_.python = std::move(python);
  result_.sdk = std::move(sdk);
}

void setup_log::end(std::string_view error, std::string_view line) {
  finish_lines();
  if (!error.empty())
    add(log_target::server, error);
  if (!line.empty())
    result_.logs.append(line) += '\n';
  result_.completed_at = to_rfc3339(std::chrono::system_clock::now());
  result_.status = error.empty() ? "succeeded" : "failed";
}

void setup_log::finish_lines() {
  for (auto source : {log_source::out, log_source::err})
    unfinished_[source == log_source::err].finish([&](std::string_view line) { write(source, line); });
}

void setup_log::add(log_target target, std::string_view message) {
  if (full_)
    return;
  full_ = result_.logs.size() + message.size() > limit;
  if (full_)
    message = "[**** SETUP LOG TRUNCATED AT 4 MiB ****]";
  result_.logs += '[';
  result_.logs += to_string(target);
  result_.logs += "] ";
  result_.logs += message;
  result_.logs += '\n';
}

}   // namespace cog

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
  auto& tail = unfinished_[source == log_source::err];
  tail += text;
  size_t begin = 0;
  for (size_t end; (end = tail.find('\n', begin)) != std::string::npos; begin = end + 1) {
    auto line = std::string_view{tail}.substr(begin, end - begin);
    write_log(log_target::setup, log_level::info, line, {{"source", to_string(source)}});
    add(log_target::setup, line);
  }
  tail.erase(0, begin);
}

void setup_log::set_versions(std::string python, std::string sdk) {
  result_.python = std::move(python);
  result_.sdk = std::move(sdk);
}

void setup_log::end(std::string_view error) {
  finish_lines();
  if (!error.empty())
    add(log_target::server, error);
  result_.completed_at = to_rfc3339(std::chrono::system_clock::now());
  result_.status = error.empty() ? "succeeded" : "failed";
}

void setup_log::finish_lines() {
  for (auto source : {log_source::out, log_source::err})
    if (!unfinished_[source == log_source::err].empty())
      print(source, "\n");
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

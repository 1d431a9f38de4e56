#include "actors/setup_log.hpp"
#include "prediction/clock_text.hpp"
#include <spdlog/spdlog.h>

namespace cog {

void setup_log::begin() {
  result_ = {to_rfc3339(std::chrono::system_clock::now()), {}, "starting", {}};
  unfinished_.clear();
  full_ = false;
}

void setup_log::note(std::string_view message) {
  finish_line();
  spdlog::info("setup: {}", message);
  add("coglet", message);
}

void setup_log::print(std::string_view text) {
  unfinished_ += text;
  size_t begin = 0;
  for (size_t end; (end = unfinished_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    auto line = std::string_view{unfinished_}.substr(begin, end - begin);
    spdlog::info("setup: {}", line);
    add("coglet::setup", line);
  }
  unfinished_.erase(0, begin);
}

void setup_log::end(std::string_view error) {
  finish_line();
  if (!error.empty())
    add("coglet", error);
  result_.completed_at = to_rfc3339(std::chrono::system_clock::now());
  result_.status = error.empty() ? "succeeded" : "failed";
}

void setup_log::finish_line() {
  if (!unfinished_.empty())
    print("\n");
}

void setup_log::add(std::string_view target, std::string_view message) {
  if (full_)
    return;
  full_ = result_.logs.size() + message.size() > limit;
  if (full_)
    message = "[**** SETUP LOG TRUNCATED AT 4 MiB ****]";
  result_.logs += '[';
  result_.logs += target;
  result_.logs += "] ";
  result_.logs += message;
  result_.logs += '\n';
}

}   // namespace cog

#include "pool/pool_history.hpp"
#include <algorithm>

namespace cog {

namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Cut behind a whole character.
std::string beginning_of(const std::string& text) {
  auto end = std::min(text.size(), pool_history::longest_text);
  while (end > 0 && end < text.size() && is_continuation(text[end]))
    --end;
  return text.substr(0, end);
}

/// Whether the text before `place` ends with an odd number of backslashes: what stands there is escaped.
bool is_escaped(std::string_view text, size_t place) {
  auto first = text.substr(0, place).find_last_not_of('\\');
  return (place - (first == std::string_view::npos ? 0 : first + 1)) % 2 == 1;
}

template <class T>
void push(std::deque<T>& list, T entry) {
  list.push_front(std::move(entry));
  if (list.size() > pool_history::most_entries)
    list.pop_back();
}

health_status without_load(health_status shown) {
  return shown == health_status::busy ? health_status::ready : shown;
}

/// Of a log that is long, no more than is needed is put together.
std::string end_of_log(const shared_text& logs) {
  constexpr size_t longest_escape = 6;
  auto before = pool_history::longest_text + longest_escape;   // as much as tells where characters begin
  auto start = logs.size() - std::min(logs.size(), before);
  return json_text_end(logs.part(start, logs.size() - start).str(), pool_history::longest_text);
}

}   // namespace

std::string json_text_end(std::string_view text, size_t most) {
  if (text.size() <= most)
    return std::string{text};
  auto begin = text.size() - most;
  for (size_t back = 1; back <= 5 && back < begin; ++back)   // within \uXXXX?
    if (text[begin - back] == '\\' && !is_escaped(text, begin - back)) {
      size_t length = text[begin - back + 1] == 'u' ? 6 : 2;
      if (back < length)
        begin += length - back;
      break;
    }
  while (begin < text.size() && is_continuation(text[begin]))
    ++begin;
  return std::string{text.substr(begin)};
}

worker_record& pool_history::record_of(uint64_t worker) {
  if (worker >= workers.size())
    workers.resize(worker + 1);
  return workers[worker];
}

void pool_history::count_end(const prediction_snapshot& ended, uint64_t worker) {
  window.count_end(ended);
  if (worker < workers.size())
    ++workers[worker].predictions;
  if (ended.status == prediction_status::failed)
    push(failures, {ended.known_as(), ended.completed, worker, beginning_of(ended.error), end_of_log(ended.logs)});
}

void pool_history::note(const worker_report& report, worker_phase was, health_status shown,
                        std::vector<std::string> ids, clock::time_point now) {
  auto& record = record_of(report.index);
  if (report.phase != was || record.since == clock::time_point{})
    record.since = now;
  bool is_dead = report.phase == worker_phase::restarting || report.phase == worker_phase::given_up ||
    report.phase == worker_phase::failed;
  if (is_dead && report.phase != was) {
    ++record.restarts;
    record.died_at = now;
    record.cause = beginning_of(report.cause);
    ids.resize(std::min(ids.size(), most_ids));
    push(deaths, {now, report.index, record.cause, std::move(ids)});
  }
  if (std::exchange(shown_, without_load(shown)) != without_load(shown))
    since = now;
}

}   // namespace cog

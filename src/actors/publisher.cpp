#include "actors/publisher.hpp"
#include "json/json_tree.hpp"
#include <algorithm>
#include <utility>

namespace cog {

bool publisher::attach(event_follower follower, size_t most) {
  if (followers_.size() >= most)
    return false;
  start();
  for (auto& event : history_.replay())
    follower.tell(event);
  if (!history_.truncated())
    followers_.push_back(std::move(follower));
  return true;
}

bool publisher::watch(event_follower watcher, size_t most) {
  if (followers_.size() >= most)
    return false;
  watcher.watches = true;
  followers_.push_back(std::move(watcher));
  return true;
}

bool publisher::detach(uint64_t follower) {
  auto found = std::find_if(followers_.begin(), followers_.end(), [&](auto& entry) { return entry.id == follower; });
  if (found == followers_.end())
    return false;
  bool counts = !found->watches;
  followers_.erase(found);
  return counts;
}

bool publisher::has_followers() const {
  return std::any_of(followers_.begin(), followers_.end(), [](auto& entry) { return !entry.watches; });
}

void publisher::start() {
  if (std::exchange(started_, true))
    return;
  journal_.add(event_journal::entry_kind::start);
  prediction_event start;
  start.name = id_;
  tell(std::move(start));
}

bool publisher::chunk(text_slice json, std::vector<output_file> files, folder_ptr holder) {
  start();
  if (!journal_.add(event_journal::entry_kind::output, json.text.size()))
    return false;
  tell_chunk(std::move(json), std::move(files), std::move(holder));
  return true;
}

void publisher::tell_chunk(text_slice json, std::vector<output_file> files, folder_ptr holder) {
  prediction_event event;
  event.what = prediction_event::kind::output;
  event.index = chunks_++;
  event.text = std::move(json);
  event.first_file = files_;
  files_ += files.size();
  event.files = std::move(files);
  event.holder = std::move(holder);
  tell(std::move(event));
}

bool publisher::log(log_source source, text_slice text) {
  using entry_kind = event_journal::entry_kind;
  start();
  if (!journal_.add(source == log_source::err ? entry_kind::error_log : entry_kind::log, text.text.size()))
    return false;
  prediction_event event;
  event.what = prediction_event::kind::log;
  event.from_stderr = source == log_source::err;
  event.text = std::move(text);
  tell(std::move(event));
  return true;
}

bool publisher::metric(metric_mode mode, std::string_view name, std::string_view value) {
  start();
  auto kept = journal_.add_metric(static_cast<uint8_t>(mode), name, value);
  if (!kept.holder)
    return false;
  prediction_event event;
  event.what = prediction_event::kind::metric;
  event.mode = static_cast<uint8_t>(mode);
  event.name = name;
  event.text = std::move(kept);
  tell(std::move(event));
  return true;
}

void publisher::result(done_shape shape, std::string_view json, const prediction_output& kept,
                       const folder_ptr& holder) {
  if (!is_heard() || kept.json.empty() || shape == done_shape::sent_chunks || json == "null")
    return;
  auto whole = kept.json.slices().front();
  if (shape == done_shape::value)
    return tell_chunk(whole, kept.files, holder);
  json_error error;
  auto list = parse_json(json, error);
  if (!list)
    return;
  for (auto& item : list->items) {
    size_t begin = item.raw.data() - json.data() - 1;   // without the bracket
    std::vector<output_file> files;
    for (auto file : kept.files)
      if (file.at.offset >= begin && file.at.offset < begin + item.raw.size()) {
        file.at.offset -= begin;
        files.push_back(std::move(file));
      }
    tell_chunk({whole.holder, whole.text.substr(begin, item.raw.size())}, std::move(files), holder);
  }
}

void publisher::completed(const snapshot_ptr& end) {
  if (!is_heard())
    return;
  prediction_event event;
  event.what = prediction_event::kind::completed;
  event.end = end;
  tell(std::move(event));
}

void publisher::tell(prediction_event event) {
  start();
  event.position = ++told_;
  event.counted = memory_.another(sizeof event);
  auto shared = std::make_shared<const prediction_event>(std::move(event));
  if (courier_)
    courier_(shared);
  for (auto& follower : followers_)
    follower.tell(shared);
  history_.add(std::move(shared));
}

}   // namespace cog

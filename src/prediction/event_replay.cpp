#include "prediction/event_replay.hpp"
#include <utility>

namespace cog {

namespace {

/// Bytes of the first item of a list, which has no brackets round it.
size_t item_length(std::string_view list) {
  size_t depth = 0;
  bool in_text = false;
  for (size_t at = 0; at < list.size(); ++at) {
    auto letter = list[at];
    if (in_text) {
      if (letter == '\\')
        ++at;
      in_text = letter != '"';
    } else if (letter == '"') {
      in_text = true;
    } else if (letter == '[' || letter == '{') {
      ++depth;
    } else if (letter == ']' || letter == '}') {
      --depth;
    } else if (letter == ',' && depth == 0) {
      return at;
    }
  }
  return list.size();
}

}   // namespace

event_replay::event_replay(snapshot_ptr prediction, uint64_t after)
  : prediction_{std::move(prediction)},
    journal_{prediction_->journal},
    output_{prediction_->output.json},
    logs_{prediction_->logs},
    entry_{event_journal::take(journal_)} {
  while (position_ < after)
    if (!next_counted()) {
      *this = event_replay{prediction_};
      return;
    }
}

std::optional<prediction_event> event_replay::next() {
  if (auto event = next_counted())
    return event;
  if (!has_end() || std::exchange(ended_, true))
    return {};
  prediction_event end;
  end.what = prediction_event::kind::completed;
  end.end = prediction_;
  return end;
}

/// The next one with a position, which all but the end have.
std::optional<prediction_event> event_replay::next_counted() {
  using entry_kind = event_journal::entry_kind;
  if (!entry_)
    return next_of_result();
  // The first is always `start`, whether there was room to note it or not.
  if (position_ == 0 && entry_->kind != entry_kind::start)
    return make_start();
  auto entry = *std::exchange(entry_, event_journal::take(journal_));
  switch (entry.kind) {
    case entry_kind::start:
      return make_start();
    case entry_kind::output: {
      if (std::exchange(from_journal_, true))
        read_ += output_.take(1).text.size();   // the comma
      auto begin = read_;
      read_ += entry.bytes;
      return make_chunk(output_.take(entry.bytes), begin);
    }
    case entry_kind::log:
    case entry_kind::error_log: {
      auto event = make_event(prediction_event::kind::log);
      event.from_stderr = entry.kind == entry_kind::error_log;
      event.text = logs_.take(entry.bytes);
      return event;
    }
    case entry_kind::metric: {
      auto event = make_event(prediction_event::kind::metric);
      event.mode = entry.mode;
      event.name = entry.name;
      event.text = std::move(entry.value);
      return event;
    }
  }
  return {};
}

/// What a model has returned is told as the publisher does: a list that came whole item by item.
std::optional<prediction_event> event_replay::next_of_result() {
  auto begun = prediction_->started != std::chrono::system_clock::time_point{};
  if (position_ == 0 && has_end() && begun)
    return make_start();
  auto& output = prediction_->output;
  if (from_journal_ || prediction_->status != prediction_status::succeeded || output.json.empty())
    return {};
  auto begin = read_;
  if (output.form == prediction_output::shape::value) {
    auto whole = output_.take(output.json.size());
    read_ += whole.text.size();
    return whole.text.empty() || whole.text == "null" ? std::nullopt : std::optional{make_chunk(whole, begin)};
  }
  if (begin > 0)
    begin += output_.take(1).text.size();
  auto item = output_.take(item_length(output_.ahead()));
  read_ = begin + item.text.size();
  return item.text.empty() ? std::nullopt : std::optional{make_chunk(item, begin)};
}

prediction_event event_replay::make_event(prediction_event::kind what) {
  prediction_event event;
  event.what = what;
  event.position = ++position_;
  return event;
}

prediction_event event_replay::make_start() {
  auto event = make_event(prediction_event::kind::start);
  event.name = prediction_->id;
  return event;
}

/// `begin`: where it stands in the output.
prediction_event event_replay::make_chunk(text_slice text, size_t begin) {
  auto event = make_event(prediction_event::kind::output);
  event.index = chunks_++;
  event.first_file = files_;
  auto& files = prediction_->output.files;
  for (; files_ < files.size() && files[files_].at.offset < begin + text.text.size(); ++files_) {
    event.files.push_back(files[files_]);
    event.files.back().at.offset -= begin;
  }
  event.text = std::move(text);
  if (!prediction_->folders.empty())
    event.holder = prediction_->folders.front();
  return event;
}

}   // namespace cog

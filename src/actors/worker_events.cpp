#include "actors/worker.hpp"
#include "prediction/json_tree.hpp"
#include <algorithm>

namespace cog {

void worker::emit(running_prediction& prediction, prediction_event event) {
  begin_events(prediction);
  auto shared = std::make_shared<const prediction_event>(std::move(event));
  if (prediction.others.courier)
    send(prediction.others.courier, atom::event_v, shared);
  for (auto& follower : prediction.followers)
    send(follower, atom::event_v, shared);
  prediction.history.add(std::move(shared));
}

/// The `start` event is made when the first to care for it is there.
void worker::begin_events(running_prediction& prediction) {
  if (std::exchange(prediction.followed, true))
    return;
  prediction_event start;
  start.name = prediction.request->id;
  emit(prediction, std::move(start));
}

void worker::emit_chunk(running_prediction& prediction, std::string_view json, std::vector<output_file> files) {
  prediction_event event;
  event.what = prediction_event::kind::output;
  event.index = prediction.chunks++;
  event.text = json;
  event.files = std::move(files);
  event.holder = prediction.output_folder;
  emit(prediction, std::move(event));
}

/// A list that came whole is told item by item, a single value as one chunk.
void worker::emit_result(running_prediction& prediction, const done_frame& frame) {
  if (!prediction.others.courier && prediction.followers.empty())
    return;
  if (frame.shape == done_shape::value && frame.rest != "null")
    emit_chunk(prediction, frame.rest, frame.files);
  if (frame.shape != done_shape::chunk_list)
    return;
  json_error error;
  auto list = parse_json(frame.rest, error);
  if (!list)
    return;
  for (auto& item : list->items) {
    size_t begin = item.raw.data() - frame.rest.data();
    std::vector<output_file> files;
    for (auto file : frame.files)
      if (file.at.offset >= begin && file.at.offset < begin + item.raw.size()) {
        file.at.offset -= begin;
        files.push_back(std::move(file));
      }
    emit_chunk(prediction, item.raw, std::move(files));
  }
}

void worker::emit_end(running_prediction& prediction, const snapshot_ptr& result) {
  if (!prediction.others.courier && prediction.followers.empty())
    return;
  prediction_event event;
  event.what = prediction_event::kind::completed;
  event.end = result;
  emit(prediction, std::move(event));
}

caf::result<snapshot_ptr> worker::attach(const std::string& id, const follower_actor& follower) {
  auto* prediction = find_id(id);
  if (prediction == nullptr)
    return delegate(settings_->router, atom::attach_v, id, follower);
  if (prediction->followers.size() >= most_followers)
    return make_error(errc::too_many_followers);
  begin_events(*prediction);
  for (auto& event : prediction->history.replay())
    send(follower, atom::event_v, event);
  if (!prediction->history.truncated())
    prediction->followers.push_back(follower);
  return prediction->snapshot(model_->document.get());
}

void worker::detach(const std::string& id, const follower_actor& follower) {
  auto* prediction = find_id(id);
  if (prediction == nullptr || std::erase(prediction->followers, follower) == 0)
    return;
  if (prediction->request->streamed && prediction->followers.empty())
    cancel(prediction->request);
}

}   // namespace cog

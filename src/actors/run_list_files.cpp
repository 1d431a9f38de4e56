#include "actors/run_list.hpp"
#include <spdlog/spdlog.h>

// What becomes of output files.

namespace cog {

bool run_list::measure(running_prediction& prediction, std::vector<output_file>& files) {
  if (files.empty())
    return true;
  prediction.files_written += files.size();
  keep_folder(prediction);
  auto missing = output_files::measure(files);
  if (!missing.empty())
    spdlog::error("worker: output-file-missing, id={} path={}", prediction.request->id, missing);
  return missing.empty();
}

void run_list::keep_folder(running_prediction& prediction) {
  if (!prediction.output_folder && prediction.number != 0)
    prediction.output_folder = files_->folder_of(prediction.number);
}

/// Removes what the process has moved there for a chunk that never came.
void run_list::remove_strays(running_prediction& prediction) {
  if (!files_)   // it was released by a process that is gone
    return;
  keep_folder(prediction);
  if (!prediction.output.files.empty())   // else the whole folder goes
    files_->remove_from(*prediction.output_folder, prediction.files_written);
}

/// What comes behind output that waits for its uploads waits, too.
bool run_list::waits_for_uploads(const running_prediction& prediction, const std::vector<output_file>& files) const {
  return settings_.uploads && (!files.empty() || !prediction.uploads.empty());
}

void run_list::await_uploads(running_prediction& prediction, std::string_view json, std::vector<output_file> files,
                             std::optional<done_shape> end) {
  auto output = prediction.uploads.add(json, std::move(files), end);
  for (size_t file = 0; file < output->files.size(); ++file)
    owner_.upload(prediction, output, file);
  flush_uploaded(prediction);
}

/// Tells what is complete, up to the first that is not. A chunk without its file is left out; the prediction fails when
/// the model has ended.
void run_list::flush_uploaded(running_prediction& prediction) {
  while (auto output = prediction.uploads.take_uploaded()) {
    if (output->end)
      return retire_succeeded(prediction,
                              {.number = prediction.number, .shape = *output->end, .files = {}, .rest = output->json});
    if (!output->failed && !add_chunk(prediction, output->json, {}))
      return;
  }
}

void run_list::on_uploaded(const request_ptr& request, const pending_ptr& output, size_t file, std::string url) {
  auto* prediction = find(request);
  if (prediction == nullptr)
    return;
  prediction->uploads.uploaded(*output, file, std::move(url));
  flush_uploaded(*prediction);
}

void run_list::on_upload_failed(const request_ptr& request, const pending_ptr& output, size_t file,
                                const std::string& reason) {
  auto* prediction = find(request);
  if (prediction == nullptr)
    return;
  spdlog::error("worker: upload-failed, id={} file={} error={}", request->id, output->files[file].path, reason);
  prediction->uploads.failed(*output, reason);
  if (prediction->released)
    return retire(*prediction, prediction_status::failed, prediction->uploads.error());
  flush_uploaded(*prediction);
}

void run_list::release(running_prediction& prediction) {
  auto& released = *released_.emplace_back(remove(prediction));
  released.released = true;
  released.due = clock::time_point::max();   // COG_PREDICT_TIMEOUT is of the model's time
  owner_.on_released(released.request);
}

}   // namespace cog

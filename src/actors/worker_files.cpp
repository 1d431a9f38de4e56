#include "actors/worker.hpp"
#include "io/folder.hpp"
#include <algorithm>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

namespace cog {

bool worker::take_files(running_prediction& prediction, std::vector<output_file>& files) {
  for (auto& file : files) {
    keep_folder(prediction);
    struct stat status {};
    if (::stat(file.path.c_str(), &status) != 0) {
      spdlog::error("worker: output-file-missing, id={} path={}", prediction.request->id, file.path);
      return false;
    }
    file.size = status.st_size;
  }
  return true;
}

void worker::keep_folder(running_prediction& prediction) {
  if (!prediction.output_folder)
    prediction.output_folder = make_folder(
      process_root_, prediction.number,
      [files = settings_->files](std::string path) { caf::anon_send(files, atom::sweep_v, std::move(path)); });
}

/// What comes behind output that waits for its uploads waits, too.
bool worker::holds(const running_prediction& prediction, const std::vector<output_file>& files) const {
  return !settings_->config.upload_url.empty() && (!files.empty() || !prediction.held.empty());
}

void worker::hold(running_prediction& prediction, std::string_view json, std::vector<output_file> files,
                  std::optional<done_shape> end) {
  auto shared = std::make_shared<held_output>();
  shared->json = json;
  shared->urls.resize(files.size());
  shared->missing = files.size();
  shared->files = std::move(files);
  shared->end = end;
  prediction.held.push_back(shared);
  auto& asked = prediction.request;
  for (size_t file = 0; file < shared->files.size(); ++file)
    this
      ->request(settings_->transfers, caf::infinite, atom::store_v,
                upload_job{shared->files[file], asked->id, prediction.output_folder})
      .then([this, asked, shared, file](const std::string& url) { on_upload(asked, shared, file, url); },
            [this, asked, shared, file](const caf::error& error) { on_upload(asked, shared, file, error); });
  tell_held(prediction);
}

void worker::on_upload(const request_ptr& request, const held_ptr& output, size_t file,
                       const caf::expected<std::string>& url) {
  auto* prediction = find_request(request);
  if (prediction == nullptr)
    return;
  --output->missing;
  if (url) {
    output->urls[file] = *url;
  } else {
    output->failed = true;
    spdlog::error("worker: upload-failed, id={} file={} error={}", request->id, output->files[file].path,
                  text_of(url.error()));
    if (prediction->upload_error.empty())
      prediction->upload_error = "Failed to upload output: " + text_of(url.error());
    if (is_released(*prediction))
      return finish(*prediction, prediction_status::failed, prediction->upload_error);
  }
  tell_held(*prediction);
}

/// Tells what is complete, up to the first that is not. A chunk without its file is left out; the prediction fails when
/// the model has ended.
void worker::tell_held(running_prediction& prediction) {
  while (!prediction.held.empty() && prediction.held.front()->missing == 0) {
    auto output = std::move(prediction.held.front());
    prediction.held.pop_front();
    auto json = output->failed ? std::string{} : with_urls(*output);
    if (output->end)
      return succeed(prediction, {.number = prediction.number, .shape = *output->end, .files = {}, .rest = json});
    if (output->failed)
      continue;
    emit_chunk(prediction, json, {});
    prediction.add_chunk({.number = prediction.number, .files = {}, .chunk = json});
  }
}

void worker::release(running_prediction& prediction) {
  released_.push_back(take_out(prediction));
  send(settings_->router, atom::release_v, index_, prediction.request);
}

bool worker::is_released(const running_prediction& prediction) const {
  return std::any_of(released_.begin(), released_.end(), [&](auto& entry) { return entry.get() == &prediction; });
}

void worker::stop_uploads(running_prediction& prediction) {
  if (!std::exchange(prediction.held, {}).empty() && prediction.output_folder)
    send(settings_->transfers, atom::cancel_v, prediction.output_folder->path);
}

}   // namespace cog

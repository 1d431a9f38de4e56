#include "actors/output_uploads.hpp"
#include "json/json_text.hpp"

namespace cog {

namespace {

std::string with_urls(const pending_output& output) {
  std::string json;
  size_t written = 0;
  for (size_t i = 0; i < output.files.size(); ++i) {
    auto& place = output.files[i].at;
    json.append(output.json, written, place.offset - written);
    append_json_string(json, output.urls[i]);
    written = place.offset + place.length;
  }
  return json.append(output.json, written);
}

}   // namespace

pending_ptr output_uploads::add(std::string_view json, std::vector<output_file> files, std::optional<done_shape> end) {
  auto output = std::make_shared<pending_output>();
  output->json = json;
  output->urls.resize(files.size());
  output->missing = files.size();
  output->files = std::move(files);
  output->end = end;
  outputs_.push_back(output);
  return output;
}

void output_uploads::uploaded(pending_output& output, size_t file, std::string url) {
  --output.missing;
  output.urls[file] = std::move(url);
}

void output_uploads::failed(pending_output& output, const std::string& reason) {
  --output.missing;
  output.failed = true;
  if (error_.empty())
    error_ = "Failed to upload output: " + reason;
}

pending_ptr output_uploads::take_uploaded() {
  if (outputs_.empty() || outputs_.front()->missing > 0)
    return nullptr;
  auto output = std::move(outputs_.front());
  outputs_.pop_front();
  output->json = output->failed ? std::string{} : with_urls(*output);
  return output;
}

}   // namespace cog

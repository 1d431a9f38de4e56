#include "prediction/prediction.hpp"
#include <utility>

namespace cog {

std::string_view to_string(prediction_status status) {
  switch (status) {
    case prediction_status::starting:
      return "starting";
    case prediction_status::processing:
      return "processing";
    case prediction_status::succeeded:
      return "succeeded";
    case prediction_status::failed:
      return "failed";
    case prediction_status::canceled:
      return "canceled";
  }
  return "failed";
}

void prediction_output::append(const text_slice& chunk, std::vector<output_file> in_chunk) {
  std::string_view separator = json.empty() ? "" : ",";
  auto begin = json.size() + separator.size();
  for (auto& file : in_chunk) {
    file.at.offset += begin;
    files.push_back(std::move(file));
  }
  json.append(chunk, separator);
  form = shape::chunks;
}

}   // namespace cog

#include "bench/verdict.hpp"
#include <algorithm>
#include <simdjson.h>

namespace cog::bench {

namespace {

constexpr size_t most_kept = 64 * 1024;   // bytes
constexpr std::string_view success = "\"status\":\"succeeded\"";
constexpr std::string_view spaced_success = "\"status\": \"succeeded\"";

bool has_success(std::string_view text) {
  return text.find(success) != text.npos || text.find(spaced_success) != text.npos;
}

/// `text` has room for simdjson's padding behind its end.
prediction_end read_status(std::string_view text, size_t capacity) {
  static simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  std::string_view status;
  if (parser.iterate(text.data(), text.size(), capacity).get(document) ||
      document.find_field_unordered("status").get_string().get(status))
    return prediction_end::none;
  if (status == "succeeded")
    return prediction_end::succeeded;
  if (status == "failed" || status == "canceled")
    return prediction_end::failed;
  return status == "starting" || status == "processing" ? prediction_end::under_way : prediction_end::none;
}

}   // namespace

void verdict::clear() {
  kept_.clear();
  tail_.clear();
  long_ = found_ = false;
}

void verdict::take(std::string_view piece) {
  if (!long_ && kept_.size() + piece.size() <= most_kept) {
    if (kept_.capacity() < kept_.size() + piece.size() + simdjson::SIMDJSON_PADDING)
      kept_.reserve(2 * (kept_.size() + piece.size()) + simdjson::SIMDJSON_PADDING);
    kept_ += piece;
    return;
  }
  if (!long_) {
    long_ = true;
    found_ = has_success(kept_);
    tail_.assign(kept_, kept_.size() - std::min(kept_.size(), spaced_success.size()));
  }
  if (found_)
    return;
  tail_ += piece.substr(0, spaced_success.size());
  found_ = has_success(tail_) || has_success(piece);
  auto end = piece.size() < spaced_success.size() ? std::string_view{tail_} : piece;
  tail_ = std::string{end.substr(end.size() - std::min(end.size(), spaced_success.size()))};
}

prediction_end verdict::end() {
  if (long_)
    return found_ ? prediction_end::succeeded : prediction_end::failed;
  return read_status(kept_, kept_.capacity());
}

prediction_end end_of_prediction(std::string_view body) {
  verdict whole;
  whole.take(body);
  return whole.end();
}

}   // namespace cog::bench

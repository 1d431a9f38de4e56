#pragma once
#include "bench/settings.hpp"
#include <string>
#include <string_view>

namespace cog::bench {

/// The bytes of the requests of a run. All are the same, but that one with a webhook has its number in it.
class request_text {
public:
  /// `inputs` is a JSON object; `webhook` is the URL that a request's number is added to, empty without webhooks.
  request_text(const load_settings& settings, const std::string& host, const std::string& inputs,
               const std::string& webhook);

  /// Head and start of the body, which the number, if any, is written into.
  const std::string& start() const { return start_; }

  /// The rest of the body.
  const std::string& rest() const { return rest_; }

  bool is_numbered() const { return number_at_ > 0; }

  /// Writes the number of a request into a copy of `start`.
  void put_number(std::string& start, uint64_t number) const;

  uint64_t body_size() const { return body_size_; }

private:
  std::string start_;
  std::string rest_;
  size_t number_at_ = 0;
  uint64_t body_size_ = 0;
};

}   // namespace cog::bench

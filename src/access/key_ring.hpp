#pragma once
#include "access/api_key.hpp"
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace cog {

using api_key_ptr = std::shared_ptr<const api_key>;

/// What becomes of a request that needs a key.
enum class key_verdict : uint8_t { allowed, missing, unknown, expired, forbidden, limited };

std::string_view to_string(key_verdict verdict);

/// The keys in force, and what was asked with them. Every request asks here when its header is there, on whatever thread
/// that is, and needs the answer before anything else is done: so it is no actor, but has a lock, held for a lookup.
class key_ring {
public:
  using clock = std::chrono::steady_clock;

  struct admission {
    key_verdict verdict = key_verdict::missing;
    api_key_ptr key;            // null: missing or unknown
    uint64_t retry_after = 0;   // seconds; of a limited one
  };

  explicit key_ring(std::vector<api_key> keys) { replace(std::move(keys)); }

  /// Other keys are in force from now on. What those of the same names have used of their rates stays used.
  void replace(std::vector<api_key> keys);

  /// Whose key this is, whatever it may do; nothing is counted. Expired ones are left out.
  api_key_ptr find(std::string_view presented, std::chrono::system_clock::time_point today) const;
  /// May the request be? `presented` is empty where there is no key, `scope` 0 where any key will do; `uses_rate`: it is
  /// to make a prediction. The answer is counted.
  admission admit(std::string_view presented, uint8_t scope, bool uses_rate,
                  std::chrono::system_clock::time_point today, clock::time_point now);
  /// One that was admitted was refused after all: it has too many predictions in flight.
  void count_limited(const std::string& name);

  /// `cog_key_requests_total`, in the text format of Prometheus.
  std::string metrics() const;

private:
  /// What is left of a rate.
  struct bucket {
    double left = 0;
    clock::time_point at;
  };

  api_key_ptr look_up(std::string_view presented) const;
  /// Seconds until there is a place; 0: it was given one.
  uint64_t take_place(const api_key& key, clock::time_point now);
  key_verdict judge(const api_key& key, uint8_t scope, bool uses_rate, std::chrono::system_clock::time_point today,
                    clock::time_point now, uint64_t& retry_after);

  mutable std::mutex lock_;
  std::vector<api_key_ptr> keys_;
  std::unordered_map<std::string, bucket> buckets_;                  // by name
  std::map<std::pair<std::string, key_verdict>, uint64_t> counts_;   // by name; empty for those without a known key
};

}   // namespace cog

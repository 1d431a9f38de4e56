#include "access/key_ring.hpp"
#include <algorithm>
#include <cmath>
#include <openssl/crypto.h>

namespace cog {

std::string_view to_string(key_verdict verdict) {
  switch (verdict) {
    case key_verdict::allowed:
      return "allowed";
    case key_verdict::missing:
      return "missing";
    case key_verdict::unknown:
      return "unknown";
    case key_verdict::expired:
      return "expired";
    case key_verdict::forbidden:
      return "forbidden";
    case key_verdict::limited:
      return "limited";
  }
  return {};
}

void key_ring::replace(std::vector<api_key> keys) {
  std::vector<api_key_ptr> next;
  next.reserve(keys.size());
  for (auto& key : keys)
    next.push_back(std::make_shared<const api_key>(std::move(key)));
  std::lock_guard guard{lock_};
  keys_ = std::move(next);
  std::erase_if(buckets_, [&](auto& entry) {
    return std::none_of(keys_.begin(), keys_.end(), [&](auto& key) { return key->name == entry.first; });
  });
}

/// All are compared, each in the same time, so that no answer tells how much of a guess was right.
api_key_ptr key_ring::look_up(std::string_view presented) const {
  auto digest = digest_of(presented);
  api_key_ptr found;
  for (auto& key : keys_)
    if (CRYPTO_memcmp(key->digest.data(), digest.data(), digest.size()) == 0)
      found = key;
  return found;
}

api_key_ptr key_ring::find(std::string_view presented, std::chrono::system_clock::time_point today) const {
  if (presented.empty())
    return nullptr;
  std::lock_guard guard{lock_};
  auto key = look_up(presented);
  return key && key->expires && today >= *key->expires ? nullptr : key;
}

uint64_t key_ring::take_place(const api_key& key, clock::time_point now) {
  auto& rate = key.rate;
  if (rate.count == 0)
    return 0;
  auto most = static_cast<double>(rate.burst);
  auto a_second = static_cast<double>(rate.count) / static_cast<double>(rate.period.count());
  auto [entry, is_new] = buckets_.try_emplace(key.name, bucket{most, now});
  auto& state = entry->second;
  state.left = std::min(most, state.left + std::chrono::duration<double>(now - state.at).count() * a_second);
  state.at = now;
  if (state.left >= 1) {
    state.left -= 1;
    return 0;
  }
  return static_cast<uint64_t>(std::max(1.0, std::ceil((1 - state.left) / a_second)));
}

key_verdict key_ring::judge(const api_key& key, uint8_t scope, bool uses_rate,
                            std::chrono::system_clock::time_point today, clock::time_point now, uint64_t& retry_after) {
  if (key.expires && today >= *key.expires)
    return key_verdict::expired;
  if (scope != 0 && (key.scopes & scope) == 0)
    return key_verdict::forbidden;
  retry_after = uses_rate ? take_place(key, now) : 0;
  return retry_after > 0 ? key_verdict::limited : key_verdict::allowed;
}

key_ring::admission key_ring::admit(std::string_view presented, uint8_t scope, bool uses_rate,
                                    std::chrono::system_clock::time_point today, clock::time_point now) {
  admission result;
  std::lock_guard guard{lock_};
  if (!presented.empty()) {
    result.key = look_up(presented);
    result.verdict =
      result.key ? judge(*result.key, scope, uses_rate, today, now, result.retry_after) : key_verdict::unknown;
  }
  ++counts_[{result.key ? result.key->name : std::string{}, result.verdict}];
  return result;
}

void key_ring::count_limited(const std::string& name) {
  std::lock_guard guard{lock_};
  ++counts_[{name, key_verdict::limited}];
}

std::string key_ring::metrics() const {
  std::string text =
    "# HELP cog_key_requests_total Requests that needed an API key, by its name and what became of "
    "them.\n# TYPE cog_key_requests_total counter\n";
  std::lock_guard guard{lock_};
  for (auto& [what, count] : counts_)
    text += "cog_key_requests_total{key=\"" + what.first + "\",outcome=\"" + std::string{to_string(what.second)} +
      "\"} " + std::to_string(count) + "\n";
  return text;
}

}   // namespace cog

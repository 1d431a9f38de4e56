#include "actors/router.hpp"
#include "prediction/owned_id.hpp"
#include <algorithm>

// Whose predictions are whose, where API keys own them.

namespace cog {

/// An asker's own goes before others'.
std::string router_state::resolve(const std::string& name) const {
  if (!name.starts_with(any_owner) || name.find(owner_end) == name.npos)
    return name;
  auto own = name.substr(1);
  if (in_flight.contains(own) || ring.find(own) != nullptr)
    return own;
  auto id = split_owned_id(own).id;
  for (auto& [key, entry] : in_flight)
    if (entry.request->id == id)
      return key;
  for (auto& kept : ring.list())
    if (kept->id == id)
      return kept->known_as();
  return own;
}

caf::error router_state::refuse_owner(const prediction_request& request) const {
  if (request.owner_limit == 0)
    return {};
  auto owner = split_owned_id(request.known_as()).owner;
  auto count = std::count_if(in_flight.begin(), in_flight.end(),
                             [&](auto& entry) { return split_owned_id(entry.first).owner == owner; });
  if (static_cast<uint64_t>(count) < request.owner_limit)
    return {};
  return make_error(
    errc::owner_limit,
    "The API key " + std::string{owner} + " has " + std::to_string(count) +
      " predictions in flight, as many as it may have (concurrent=" + std::to_string(request.owner_limit) + ")");
}

}   // namespace cog

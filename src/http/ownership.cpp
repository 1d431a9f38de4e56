#include "http/ownership.hpp"
#include "http/request.hpp"
#include "prediction/owned_id.hpp"

namespace cog {

std::string known_as(const http_request& request, std::string_view id) {
  if (request.owner.empty())
    return std::string{id};
  auto own = owned_id(request.owner, id);
  return request.sees_all ? any_owner + own : own;
}

bool sees(const http_request& request, const prediction_snapshot& prediction) {
  return request.owner.empty() || request.sees_all || split_owned_id(prediction.known_as()).owner == request.owner;
}

}   // namespace cog

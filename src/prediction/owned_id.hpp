#pragma once
#include <string>
#include <string_view>

// What predictions are known by inside the server where API keys own them: the key's name and the id, so that equal ids
// of two keys never meet. Without keys it is the id alone.

namespace cog {

/// Stands before the asker's own name in the question of one who may see what any key has made.
constexpr char any_owner = '*';
constexpr char owner_end = '\n';

inline std::string owned_id(std::string_view owner, std::string_view id) {
  std::string all{owner};
  all += owner_end;
  return all.append(id);
}

struct owned_id_parts {
  std::string_view owner;
  std::string_view id;
};

/// The two parts again, of what `owned_id` made.
inline owned_id_parts split_owned_id(std::string_view all) {
  auto end = all.find(owner_end);
  return {all.substr(0, end), all.substr(end + 1)};
}

}   // namespace cog

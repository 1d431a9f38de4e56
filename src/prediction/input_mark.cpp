#include "prediction/input_mark.hpp"
#include "json/json_tree.hpp"
#include <functional>

namespace cog {

namespace {

constexpr size_t longest_text = 16 * 1024;

}   // namespace

input_mark::part input_mark::mark(std::string_view json) {
  if (json.size() > longest_text)
    return {{}, json.size(), std::hash<std::string_view>{}(json)};
  return {std::string{json}, json.size(), 0};
}

bool input_mark::matches(const part& mark, std::string_view json) {
  if (mark.length > longest_text)
    return json.size() == mark.length && std::hash<std::string_view>{}(json) == mark.hash;
  if (mark.text == json)
    return true;
  return json.size() <= longest_text && compact_sorted(mark.text) == compact_sorted(json);
}

}   // namespace cog

#pragma once
#include "json/json_tree.hpp"
#include <cstddef>
#include <string>
#include <vector>

namespace cog {

/// How `cog top` shows a server.
struct screen_style {
  size_t columns = 0;   // a longer line is cut; 0: none is
  bool color = false;
  bool failures = false;   // with the ends of their logs, in place of the first lines alone
};

/// The answer of `GET /status` as lines for a terminal. What models have written is made harmless: no control characters.
std::vector<std::string> draw_status(const json_value& status, const std::string& address, const screen_style& style);

}   // namespace cog

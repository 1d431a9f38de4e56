#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// One part of a body of the type `multipart/form-data`.
struct form_part {
  std::string name;   // without a `[]` at its end
  std::string file_name;
  bool is_file = false;    // it has a file's name
  std::string type;        // its media type; empty: not said
  std::string_view body;   // of the request's body
};

/// The parts of a body, or nothing with what is wrong with it in `problem`.
std::optional<std::vector<form_part>> read_form(std::string_view content_type, std::string_view body,
                                                std::string& problem);

}   // namespace cog

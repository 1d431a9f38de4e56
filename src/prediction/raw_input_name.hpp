#pragma once
#include <string>
#include <vector>

namespace cog {

class input_schema;

/// The inputs that are a file or a list of files.
std::vector<std::string> file_input_names(const input_schema& schema);

/// The input that a body of one file is for: the only one that is a file, else the only such one that is required. Empty
/// when it could be for several, or for none.
std::string raw_input_name(const input_schema& schema);

}   // namespace cog

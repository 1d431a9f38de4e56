#pragma once
#include "server/server_options.hpp"
#include <string>

namespace YAML {
class Node;
}

namespace cog {

/// Takes what cog.yaml, COG_API and COG_PUBLIC_URL say of clients of other protocols. Returns what is wrong with it;
/// empty: nothing.
std::string read_api_settings(const std::string& yaml, const environment& variable, server_config& config);

/// A block of cog.yaml as JSON in which every scalar is a text.
std::string json_of(const YAML::Node& block);

/// The name that clients see of a model that says none itself: that of its image without tag, else of its folder.
std::string model_name(const std::string& image, const std::string& folder);

}   // namespace cog

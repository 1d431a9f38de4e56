#pragma once
#include "access/key_file.hpp"
#include "access/key_ring.hpp"
#include "server/server_options.hpp"
#include <string>

namespace cog {

/// Reads the variables that say who may do what, and how others know us. A wrong one must stop the start: what is wrong
/// is returned, without the secrets in it; empty: nothing is.
std::string read_access_options(const environment& variable, server_options& options);

/// The keys that requests need, those of the file among them. Null: there are none. Throws std::runtime_error.
std::shared_ptr<key_ring> make_key_ring(const server_options& options, key_file& file);

}   // namespace cog

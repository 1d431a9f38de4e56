#pragma once
#include <string>

namespace cog {

/// `localhost:5000/me/model:2` without its tag or digest.
std::string repository_of(const std::string& image);

/// Throws command_error, saying how names are written, for one that Docker does not take.
void check_image_name(const std::string& image);

/// The host of an image's registry: what stands before the first slash, if it looks like a host, else Docker's own.
std::string registry_of(const std::string& image);

}   // namespace cog

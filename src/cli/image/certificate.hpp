#pragma once
#include <string>

namespace cog {

/// The PEM text that `value` of COG_CA_CERT stands for: a file, a folder of .crt and .pem files, PEM itself or base64 of
/// it. Throws command_error when it is none of these.
std::string read_certificates(const std::string& value);

}   // namespace cog

#pragma once
#include "io/body_reader.hpp"
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Webhooks signed by Standard Webhooks 1.0.

namespace cog {

/// The secrets of COG_WEBHOOK_SECRET, decoded, from a text of `whsec_<base64 of 24 to 64 bytes>` with spaces between.
/// nullopt: one of them is not so, and `problem` tells which without showing it.
std::optional<std::vector<std::string>> read_webhook_secrets(std::string_view text, std::string& problem);

/// The id of one delivery, kept over its attempts: `msg_` and 22 random letters or digits.
std::string make_webhook_id();

/// The header lines of one attempt at this moment: id, timestamp and a signature by each secret. nullopt: a file of the
/// body cannot be read.
std::optional<std::vector<std::string>> sign_webhook(const std::vector<std::string>& secrets, const std::string& id,
                                                     std::chrono::system_clock::time_point now, const body_ptr& body);

}   // namespace cog

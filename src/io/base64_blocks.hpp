#pragma once
#include <cstddef>
#include <string_view>

namespace cog {

// Base64 in steps of 32 letters, with AVX2 where the processor has it; elsewhere they take nothing. Debian 12 has no
// library for it.

/// Encodes bytes from the front of `bytes`; returns how many: a multiple of 3, which became 4 letters for every 3. What
/// is left is too short for a step. `to` must have room for the letters of all `bytes`.
size_t encode_blocks(std::string_view bytes, char* to);

/// Decodes letters from the front of `text`, up to one that is not of the alphabet; returns how many: a multiple of 4,
/// which became 3 bytes for every 4. What is left may be decodable. `to` must have room for the bytes of all `text`.
size_t decode_blocks(std::string_view text, char* to);

}   // namespace cog

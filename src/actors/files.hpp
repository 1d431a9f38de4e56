#pragma once
#include "actors/messages.hpp"

namespace cog {

/// Decodes the data URL of an input into a file; returns its path. Errors: bad_data_url, file_failed.
caf::expected<std::string> store_input(const input_job& job);

/// Reads a piece of a file; returns it in base64, or as it is. Errors: file_failed.
caf::expected<std::string> encode_piece(const file_piece& piece);

/// Writes the texts of a body into one file of the folder; returns the body with places in it instead. Errors: file_failed.
caf::expected<body_ptr> store_texts(const folder& target, const body_ptr& body);

/// Works on files where it may block: spawn it detached.
files_actor::behavior_type files(files_actor::pointer self);

}   // namespace cog

#pragma once
#include "http/dialects/dialect.hpp"
#include "prediction/model_api.hpp"

// Replicate's cloud API: predictions that are made, asked for, followed and cancelled by their ids.

namespace cog {

std::unique_ptr<dialect_call> create_replicate(const dialect_scene& scene, const dialect_row& row, path_words words);
std::unique_ptr<dialect_call> find_replicate(const dialect_scene& scene, const dialect_row& row, path_words words);
std::unique_ptr<dialect_call> cancel_replicate(const dialect_scene& scene, const dialect_row& row, path_words words);
std::unique_ptr<dialect_call> list_replicate(const dialect_scene& scene, const dialect_row& row, path_words words);
std::unique_ptr<dialect_call> stream_replicate(const dialect_scene& scene, const dialect_row& row, path_words words);

}   // namespace cog

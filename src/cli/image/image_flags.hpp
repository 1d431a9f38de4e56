#pragma once
#include "cli/image/plan.hpp"
#include "cli/session.hpp"
#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace cog {

/// The flags of commands that build an image.
struct image_flags {
  std::string progress;   // auto, tty, plain or quiet
  std::string use_cuda_base_image = "auto";
  std::string dockerfile;             // of the user's own; relative to the working directory
  std::vector<std::string> secrets;   // id=..,src=..
  std::string openapi_schema;
  int64_t timestamp = -1;   // seconds since 1970; negative: now
  bool use_cog_base_image = true;
  bool says_cog_base_image = false;   // the flag was given
  bool no_cache = false;
  bool separate_weights = false;
  bool skip_schema_validation = false;
  bool strip = false;
  bool precompile = false;
};

/// `--progress`, and what chooses the base image.
void add_base_flags(CLI::App& command, image_flags& flags);

/// The further flags of `cog build` and `cog push`.
void add_build_flags(CLI::App& command, image_flags& flags);

/// Notes which flags were given. Throws usage_error when two exclude each other.
void check_image_flags(const CLI::App& command, image_flags& flags);

base_flags base_of(const image_flags& flags, const session& common);

}   // namespace cog

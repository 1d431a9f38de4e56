#pragma once
#include "io/unique_fd.hpp"
#include <array>
#include <functional>
#include <string_view>

namespace cog {

/// The ends of a pipe, for reading and for writing; programs that are started do not get them. Throws command_error.
std::array<unique_fd, 2> make_pipe();

/// Until all is written, or it cannot be.
void write_all(int descriptor, std::string_view text);

/// Reads, waiting for it, until there will be no more.
void read_to_end(int descriptor, const std::function<void(std::string_view)>& take);

}   // namespace cog

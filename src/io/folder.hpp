#pragma once
#include "prediction/prediction.hpp"
#include <cstdint>
#include <functional>
#include <string>

namespace cog {

/// Names the folder `path`, or `root`/`number`, made on disk by the first `ensure`. When the last holder lets go of one that is
/// there, `on_last_release` gets its path, on whatever thread that happens.
folder_ptr make_folder(std::string path, std::function<void(std::string)> on_last_release);
folder_ptr make_folder(const std::string& root, uint64_t number, std::function<void(std::string)> on_last_release);

/// Makes the folder unless it is there. Returns what went wrong, empty when nothing did.
std::string ensure(const folder& which);

/// The place for file `name` of input `index`: a path in a folder of its own, which is made. Returns an empty path, with
/// `problem` set, when it cannot be made.
std::string make_place(const folder& which, uint64_t index, const std::string& name, std::string& problem);

}   // namespace cog

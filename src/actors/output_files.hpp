#pragma once
#include "prediction/prediction.hpp"
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cog {

/// The files that one worker process puts out: a folder for each of its predictions, in one of its own, which goes when
/// this and the last of those are gone.
class output_files {
public:
  /// Removes a file, or a folder with all that is in it. Called on whatever thread lets go of a folder.
  using remover = std::function<void(std::string)>;

  output_files(std::string root, remover remove);

  /// What the process puts into it for a prediction goes with the last holder.
  folder_ptr folder_of(uint64_t number) const;

  /// Fills in how large they are. Returns the path of one that is not there, empty when all are.
  static std::string measure(std::vector<output_file>& files);

  /// Removes what lies in the folder from place `first` on. Files lie in places counted from 0.
  void remove_from(const folder& which, uint64_t first) const;

private:
  std::string root_;
  remover remove_;
  folder_ptr own_;
};

}   // namespace cog

#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

/// What the stand-ins for NVIDIA's libraries pretend in this process: the facts of state.hpp.
struct pretence {
  explicit pretence(const std::string& facts) : path{std::filesystem::temp_directory_path() / "cog-gpus-XXXXXX"} {
    ::close(::mkstemp(path.data()));
    write(facts);
    ::setenv("COG_FAKE_GPUS", path.c_str(), 1);
  }
  ~pretence() { std::filesystem::remove(path); }
  pretence(const pretence&) = delete;
  pretence& operator=(const pretence&) = delete;

  void write(const std::string& facts) const { std::ofstream{path} << facts; }

  std::string path;
};

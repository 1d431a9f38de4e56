#include "cli/image/text_file.hpp"
#include "cli/console.hpp"
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cog {

std::string read_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (std::filesystem::is_directory(path))
    throw command_error{"cannot read " + path + ": it is a folder"};
  if (!file)
    throw command_error{"cannot read " + path + ": " + std::strerror(errno)};
  return text.str();
}

void write_text(const std::string& path, const std::string& content) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
  std::ofstream file{path, std::ios::binary};
  auto opened = file.is_open();
  file << content;
  file.close();
  if (file)
    return;
  auto why = std::strerror(errno);
  if (opened)
    std::filesystem::remove(path, ignored);   // half of it
  throw command_error{"cannot write " + path + ": " + why};
}

}   // namespace cog

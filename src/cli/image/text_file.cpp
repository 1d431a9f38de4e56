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
  if (!file || std::filesystem::is_directory(path))
    throw command_error{"cannot read " + path + ": " + std::strerror(errno)};
  return text.str();
}

void write_text(const std::string& path, const std::string& content) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
  std::ofstream file{path, std::ios::binary};
  file << content;
  file.close();
  if (!file)
    throw command_error{"cannot write " + path + ": " + std::strerror(errno)};
}

}   // namespace cog

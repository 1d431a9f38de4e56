#include "cli/image/certificate.hpp"
#include "cli/console.hpp"
#include "cli/image/text_file.hpp"
#include "io/base64.hpp"
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <vector>

namespace cog {

namespace {

namespace fs = std::filesystem;

bool is_pem(const std::string& text) {
  return text.find("-----BEGIN CERTIFICATE-----") != std::string::npos;
}

std::string of_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto& entry : fs::directory_iterator{folder})
    if (entry.path().extension() == ".crt" || entry.path().extension() == ".pem")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (auto& file : files) {
    all += read_text(file.string());
    if (!all.ends_with('\n'))
      all += '\n';
  }
  return all;
}

}   // namespace

std::string read_certificates(const std::string& value) {
  std::error_code ignored;
  std::string text;
  if (is_pem(value))
    text = value;
  else if (fs::is_directory(value, ignored))
    text = of_folder(value);
  else if (fs::exists(value, ignored))
    text = read_text(value);
  else
    base64_decoder{}.append(value, text);
  if (!is_pem(text))
    throw command_error{
      "COG_CA_CERT: invalid value - must be a file path, directory, PEM certificate, or base64-encoded PEM"};
  return text.ends_with('\n') ? text : text + "\n";
}

}   // namespace cog

#include "cli/image/versions.hpp"
#include "cli/config/words.hpp"
#include <algorithm>
#include <cstdlib>

namespace cog {

namespace {

std::vector<std::string> parts_of(std::string_view version) {
  return split(version.substr(0, version.find('+')), ".");
}

int number(const std::vector<std::string>& parts, size_t i) {
  return i < parts.size() ? std::atoi(parts[i].c_str()) : 0;
}

}   // namespace

int compare_versions(std::string_view left, std::string_view right) {
  auto a = parts_of(left);
  auto b = parts_of(right);
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (auto difference = number(a, i) - number(b, i); difference != 0)
      return difference;
  return 0;
}

bool matches_version(std::string_view left, std::string_view right) {
  auto a = parts_of(left);
  auto b = parts_of(right);
  auto both_patched = a.size() > 2 && b.size() > 2;
  return number(a, 0) == number(b, 0) && number(a, 1) == number(b, 1) &&
    (!both_patched || number(a, 2) == number(b, 2));
}

std::string major_minor(std::string_view version) {
  auto parts = parts_of(version);
  return parts.size() < 2 ? parts[0] : parts[0] + "." + parts[1];
}

}   // namespace cog

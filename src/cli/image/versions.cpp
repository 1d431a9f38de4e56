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

bool satisfies(std::string_view version, std::string_view specifiers) {
  for (auto& part : split(specifiers, ",")) {
    auto text = trimmed(part);
    if (text.empty())
      continue;
    auto sign_length = std::min(text.find_first_not_of("=<>!~"), text.size());
    auto sign = text.substr(0, sign_length);
    auto wanted = trimmed(text.substr(sign_length));
    auto family = wanted.ends_with(".*") ? wanted.substr(0, wanted.size() - 2) : std::string{};
    if (sign == "~=")
      family = wanted.substr(0, wanted.rfind('.'));
    auto depth = family.empty() ? 0 : parts_of(family).size();
    auto own = parts_of(version);
    own.resize(std::min(own.size(), depth));
    auto of_family = depth > 0 && compare_versions(joined(own, "."), family) == 0;
    auto order = compare_versions(version, family.empty() || sign == "~=" ? wanted : family);
    auto fits = sign == "~=" ? of_family && order >= 0
      : sign == "!="         ? (family.empty() ? order != 0 : !of_family)
      : sign == ">="         ? order >= 0
      : sign == "<="         ? order <= 0
      : sign == ">"          ? order > 0
      : sign == "<"          ? order < 0
                             : (family.empty() ? order == 0 : of_family);
    if (!fits)
      return false;
  }
  return true;
}

std::string major_minor(std::string_view version) {
  auto parts = parts_of(version);
  return parts.size() < 2 ? parts[0] : parts[0] + "." + parts[1];
}

}   // namespace cog

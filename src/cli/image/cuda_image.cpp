#include "cli/image/cuda_image.hpp"
#include "cli/config/words.hpp"
#include "cli/image/versions.hpp"
#include <algorithm>

namespace cog {

namespace {

bool fits(const cuda_image& image, const std::string& cuda, const std::string& cudnn) {
  return (cuda.empty() || matches_version(image.cuda, cuda)) && (cudnn.empty() || image.cudnn == cudnn);
}

void add_sorted(std::vector<std::string>& versions, const std::string& one) {
  auto at =
    std::find_if(versions.begin(), versions.end(), [&](auto& other) { return compare_versions(other, one) >= 0; });
  if (at == versions.end() || *at != one)
    versions.insert(at, one);
}

}   // namespace

bool has_python_image(const python_for_ubuntu& row, const std::string& python) {
  if (!row.last.empty() && compare_versions(major_minor(python), row.last) > 0)
    return false;
  auto patched = split(python, ".").size() > 2;
  return !patched || std::none_of(row.first.begin(), row.first.end(), [&](auto& first) {
    return major_minor(first) == major_minor(python) && compare_versions(python, first) < 0;
  });
}

const python_for_ubuntu* python_row(std::string_view ubuntu) {
  auto& rows = compatibility().ubuntu_python;
  auto row = std::find_if(rows.begin(), rows.end(), [&](auto& one) { return one.ubuntu == ubuntu; });
  return row == rows.end() ? nullptr : &*row;
}

const cuda_image* find_cuda_image(const std::string& cuda, const std::string& cudnn, const std::string& python) {
  auto runs = [&](const cuda_image& image) {
    auto* row = python_row(image.ubuntu);
    return row != nullptr && has_python_image(*row, python);
  };
  const cuda_image* best = nullptr;
  auto better = [&](const cuda_image& image) {
    if (best == nullptr || runs(image) != runs(*best))
      return best == nullptr || runs(image);
    auto newer = compare_versions(image.cuda, best->cuda);
    return newer > 0 || (newer == 0 && compare_versions(image.ubuntu, best->ubuntu) > 0);
  };
  for (auto& image : compatibility().cuda_images)
    if (fits(image, cuda, cudnn) && better(image))
      best = &image;
  return best;
}

std::vector<std::string> cudnns_of(const std::string& cuda) {
  std::vector<std::string> versions;
  for (auto& image : compatibility().cuda_images)
    if (fits(image, cuda, {}))
      add_sorted(versions, image.cudnn);
  return versions;
}

std::vector<std::string> cudas_of(const std::string& cudnn) {
  std::vector<std::string> versions;
  for (auto& image : compatibility().cuda_images)
    if (fits(image, {}, cudnn))
      add_sorted(versions, major_minor(image.cuda));
  return versions;
}

}   // namespace cog

#include "actors/output_files.hpp"
#include "io/folder.hpp"
#include <sys/stat.h>
#include <unistd.h>

namespace cog {

output_files::output_files(std::string root, remover remove)
  : root_{std::move(root)}, remove_{std::move(remove)}, own_{make_folder(root_, remove_)} {
  // nop
}

folder_ptr output_files::folder_of(uint64_t number) const {
  return make_folder(root_, number, [remove = remove_, process = own_](std::string path) { remove(std::move(path)); });
}

std::string output_files::measure(std::vector<output_file>& files) {
  for (auto& file : files) {
    struct stat status {};
    if (::stat(file.path.c_str(), &status) != 0)
      return file.path;
    file.size = status.st_size;
  }
  return {};
}

void output_files::remove_from(const folder& which, uint64_t first) const {
  for (auto place = first;; ++place) {
    auto path = which.path + "/" + std::to_string(place);
    if (::access(path.c_str(), F_OK) != 0)
      return;
    remove_(std::move(path));
  }
}

}   // namespace cog

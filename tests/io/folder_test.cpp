#include "io/folder.hpp"
#include "../support/temporary_folder.hpp"
#include "io/file_sink.hpp"
#include <cstdlib>
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace cog;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat info {};
  ::stat(path.c_str(), &info);
  return info.st_mode & 0777;
}

}   // namespace

TEST_CASE("folder: is made when it is first needed") {
  temporary_folder temporary;
  auto folder = make_folder(temporary.path, 12, [](const std::string&) {});
  CHECK(folder->path == temporary / "12");
  CHECK_FALSE(std::filesystem::exists(folder->path));
  CHECK(ensure(*folder).empty());
  CHECK(ensure(*folder).empty());
  CHECK(mode_of(folder->path) == 0700);
}

TEST_CASE("folder: the last holder hands it to be removed") {
  temporary_folder temporary;
  std::string released;
  auto folder = make_folder(temporary.path, 1, [&](const std::string& path) { released = path; });
  ensure(*folder);
  auto second = folder;
  folder.reset();
  CHECK(released.empty());
  second.reset();
  CHECK(released == temporary / "1");
}

TEST_CASE("folder: one that was never made needs no removing") {
  temporary_folder temporary;
  bool released = false;
  make_folder(temporary.path, 1, [&](const std::string&) { released = true; }).reset();
  CHECK_FALSE(released);
}

TEST_CASE("folder: every input has a place of its own") {
  temporary_folder temporary;
  auto folder = make_folder(temporary.path, 1, [](const std::string&) {});
  std::string problem;
  CHECK(make_place(*folder, 0, "x.png", problem) == temporary / "1/0/x.png");
  CHECK(make_place(*folder, 1, "x.png", problem) == temporary / "1/1/x.png");
  CHECK(problem.empty());
  CHECK(std::filesystem::is_directory(temporary / "1/1"));
}

TEST_CASE("file sink: writes a new file from front to back") {
  temporary_folder temporary;
  file_sink sink;
  REQUIRE(sink.open(temporary / "x"));
  CHECK(sink.write("one "));
  CHECK(sink.write("two"));
  CHECK(read_file(temporary / "x") == "one two");
}

TEST_CASE("file sink: a file that is there is not overwritten") {
  temporary_folder temporary;
  write_file(temporary / "x", "old");
  file_sink sink;
  CHECK_FALSE(sink.open(temporary / "x"));
  CHECK(sink.problem() == "[Errno 17] File exists: '" + temporary / "x'");
}

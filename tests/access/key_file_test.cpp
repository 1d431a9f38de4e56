#include "access/key_file.hpp"
#include "../support/temporary_folder.hpp"
#include <doctest/doctest.h>
#include <filesystem>

using namespace cog;

TEST_CASE("key_file: tells when it was exchanged, and what it says then") {
  temporary_folder temporary;
  write_file(temporary / "keys", api_key_line("a", "1", ""));
  key_file file{temporary / "keys"};
  std::string problem;
  CHECK(file.has_changed());
  auto keys = file.read(problem);
  REQUIRE(keys);
  CHECK(keys->front().name == "a");
  CHECK_FALSE(file.has_changed());
  write_file(temporary / "next", api_key_line("b", "1", ""));
  std::filesystem::rename(temporary / "next", temporary / "keys");
  CHECK(file.has_changed());
  CHECK(file.read(problem)->front().name == "b");
  CHECK_FALSE(file.has_changed());
  std::filesystem::remove(temporary / "keys");
  CHECK(file.has_changed());
  CHECK_FALSE(file.read(problem));
  CHECK(problem == "it cannot be read, or is empty");
  CHECK_FALSE(file.has_changed());
}

#include "io/file_limit.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("file_limit: connections leave descriptors for workers and all else") {
  CHECK(connections_within(1048576, 1, 16384) == 16384);
  CHECK(connections_within(1024, 1, 16384) == 1024 - 256 - 12 - 6);
  CHECK(connections_within(1024, 1, 100) == 100);
  CHECK(connections_within(20000, 4, 65536) == 20000 - 1024 - 12 - 24);
}

TEST_CASE("file_limit: a quarter is for connections, however many workers there are") {
  CHECK(connections_within(1024, 200, 16384) == 256);
  CHECK(connections_within(40, 8, 16384) == 10);
}

#include "http/http_counters.hpp"
#include <doctest/doctest.h>

using namespace cog;

TEST_CASE("http_counters: of warnings that clients provoke a few are written, however many there are") {
  http_counters counters;
  int written = 0;
  for (int i = 0; i < 10000; ++i)
    written += counters.may_warn() ? 1 : 0;
  CHECK(written >= 10);
  CHECK(written < 1000);
}

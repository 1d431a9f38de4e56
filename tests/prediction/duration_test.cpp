#include "prediction/duration.hpp"
#include <doctest/doctest.h>

using namespace cog;
using namespace std::chrono_literals;

TEST_CASE("duration: units in their order, a number alone is seconds") {
  CHECK(read_duration("90") == 90s);
  CHECK(read_duration("90s") == 90s);
  CHECK(read_duration("5m") == 5min);
  CHECK(read_duration("1h30m") == 90min);
  CHECK(read_duration("1h1m1s1ms") == 1h + 1min + 1s + 1ms);
  CHECK(read_duration("500ms") == 500ms);
  CHECK(read_duration("1500ms") == 1500ms);
}

TEST_CASE("duration: fractions are allowed, and what is shorter than a nanosecond is one") {
  CHECK(read_duration("1.5s") == 1500ms);
  CHECK(read_duration("0.25") == 250ms);
  CHECK(read_duration("0.5m") == 30s);
  CHECK(read_duration("0.0000000001s") == 1ns);
}

TEST_CASE("duration: everything else is none") {
  for (auto* text :
       {"",     "s",    "0",    "0s",    "0h0m", "-5",    "+5", "5 s",   " 5",   "5 ",  "1e3", "5d",   "5S",
        "5sec", "1s1m", "1m1m", "1ms1s", "5m3",  "3m.5s", ".5", "1.2.3", "1..2", "nan", "inf", "0x10", "5\xc3\xa9"}) {
    CAPTURE(text);
    CHECK_FALSE(read_duration(text));
  }
}

TEST_CASE("duration: no length is too long to be read") {
  auto decade = std::chrono::nanoseconds{10 * 365 * 24h};
  CHECK(read_duration("99999999999h") == decade);
  CHECK(read_duration(std::string(400, '9')) == decade);
  CHECK(read_duration(std::string(400, '9') + "h" + std::string(400, '9') + "m") == decade);
}

TEST_CASE("duration: is written to the millisecond, without zeros at its end") {
  CHECK(duration_text(500ms) == "500 ms");
  CHECK(duration_text(1500ms) == "1.5 s");
  CHECK(duration_text(30s) == "30 s");
  CHECK(duration_text(1050ms) == "1.05 s");
  CHECK(duration_text(1001ms) == "1.001 s");
  CHECK(duration_text(90min) == "5400 s");
  CHECK(duration_text(1us) == "1 ms");
  CHECK(duration_text(std::chrono::duration<double>{0.9996}) == "1 s");
}

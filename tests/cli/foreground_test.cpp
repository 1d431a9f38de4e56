#include "cli/engine/foreground.hpp"
#include "cli_support.hpp"
#include <array>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace cog;

namespace {

using std::chrono::seconds;

/// Runs until somebody ends it.
process_plan endless() {
  return {{"sleep", "infinity"}, {}, {}, -1, -1, -1, true};
}

}   // namespace

TEST_CASE("foreground: a long wait for a program that shows nothing is told") {
  auto messages = plain_console();
  heard said;
  foreground standing_by{messages, "pip freeze", news::status};
  process program{endless()};
  auto start = wait_notice::clock::now();
  for (int second = 0; second < 25; ++second)
    standing_by.look(program, {}, start + seconds{second});
  CHECK(said.text() == "Still waiting for pip freeze after 10 s...\nStill waiting for pip freeze after 20 s...\n");
  CHECK_NOTHROW(standing_by.check_stopped());
}

TEST_CASE("foreground: beside a program that writes to the terminal itself a wait is told in lines, or not at all") {
  auto messages = plain_console();
  messages.terminal = true;
  heard said;
  auto wait = [&](news kind) {
    foreground standing_by{messages, "docker build", kind};
    process program{endless()};
    standing_by.look(program, {}, wait_notice::clock::now() + seconds{15});
  };
  wait(news::none);
  CHECK(said.text().empty());
  wait(news::lines);
  CHECK(said.text() == "Still waiting for docker build after 15 s...\n");
}

TEST_CASE("foreground: a signal is answered at once and handed on, and the command ends with it") {
  auto messages = plain_console();
  heard said;
  foreground standing_by{messages, "docker build", news::lines};
  process program{endless()};
  raise(SIGTERM);
  int code = 0;
  try {
    standing_by.wait(program);
  } catch (const silent_exit& end) {
    code = end.code;
  }
  CHECK(said.text() == "Stopping (again to kill)\n");
  CHECK(program.wait() == 128 + SIGTERM);
  CHECK(code == 128 + SIGTERM);
}

TEST_CASE("foreground: what does not heed the first signal is killed by the second") {
  auto messages = plain_console();
  heard said;
  foreground standing_by{messages, "docker build", news::lines};
  std::array<int, 2> ready{};
  REQUIRE(pipe(ready.data()) == 0);
  unique_fd from{ready[0]}, to{ready[1]};
  process program{{{"sh", "-c", "trap '' INT; echo; exec sleep infinity"}, {}, {}, -1, to.get(), -1, true}};
  char line = 0;
  REQUIRE(read(from.get(), &line, 1) == 1);   // it ignores the signal by now
  raise(SIGINT);
  standing_by.look(program);
  CHECK_FALSE(program.has_ended());
  raise(SIGINT);
  standing_by.look(program);
  CHECK(program.wait() == 128 + SIGKILL);
  CHECK(said.text() == "Stopping (again to kill)\n");
  CHECK_THROWS_AS(standing_by.check_stopped(), silent_exit);
}

#include "cli/interruptible_output.hpp"
#include "cli/engine/interrupts.hpp"
#include "io/unique_fd.hpp"
#include <array>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <ostream>
#include <string>
#include <sys/wait.h>

using namespace cog;

namespace {

std::array<unique_fd, 2> make_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

std::string read_all(const unique_fd& from) {
  std::string text;
  std::array<char, 65536> piece{};
  for (ssize_t count = 0; (count = ::read(from.get(), piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<size_t>(count));
  return text;
}

}   // namespace

TEST_CASE("interruptible_output: all arrives, in order, however long it is") {
  auto [in, out] = make_pipe();
  auto child = ::fork();
  if (child == 0) {
    interruptible_buffer buffer{out.get(), true};
    std::ostream stream{&buffer};
    for (int i = 0; i < 100000; ++i)
      stream << i << '\n';
    stream << std::string(100000, 'x') << '\n' << std::flush;
    ::_exit(stream ? 0 : 1);
  }
  out.reset();
  auto text = read_all(in);
  std::string expected;
  for (int i = 0; i < 100000; ++i)
    expected += std::to_string(i) + '\n';
  expected += std::string(100000, 'x') + '\n';
  CHECK(text == expected);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("interruptible_output: a signal ends the wait for a reader that stalls") {
  auto [in, out] = make_pipe();
  auto [ready, begun] = make_pipe();
  auto child = ::fork();
  if (child == 0) {
    interrupts signals;
    interruptible_buffer buffer{out.get(), false};
    std::ostream stream{&buffer};
    [[maybe_unused]] auto told = ::write(begun.get(), "x", 1);
    stream << std::string(1 << 20, 'x') << std::flush;   // 16 times what the pipe holds
    ::_exit(signals.take() == SIGTERM ? 0 : 1);
  }
  char mark = 0;
  REQUIRE(::read(ready.get(), &mark, 1) == 1);
  ::kill(child, SIGTERM);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

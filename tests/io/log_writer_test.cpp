#include "io/log_writer.hpp"
#include "io/unique_fd.hpp"
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <thread>

using namespace cog;
using namespace std::chrono_literals;

namespace {

struct stalled_reader {
  stalled_reader() {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    in = unique_fd{fds[0]};
    out = unique_fd{fds[1]};
  }
  /// Reads until the line that ends with `last`.
  std::string read_until(const std::string& last) const {
    std::string text;
    std::string piece(65536, '\0');
    while (!text.ends_with(last)) {
      auto count = ::read(in.get(), piece.data(), piece.size());
      REQUIRE(count > 0);
      text.append(piece, 0, static_cast<size_t>(count));
    }
    return text;
  }
  unique_fd in, out;
};

std::string told(uint64_t count) {
  return std::to_string(count) + " dropped\n";
}

size_t dropped_in(const std::string& text) {
  size_t sum = 0;
  for (auto end = text.find(" dropped\n"); end != text.npos; end = text.find(" dropped\n", end + 1))
    sum += std::stoul(text.substr(text.rfind('\n', end) + 1));
  return sum;
}

size_t count_of(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

}   // namespace

TEST_CASE("log_writer: a reader that stalls stops nobody, and every line is written or counted") {
  stalled_reader reader;
  auto writer = log_writer::start(reader.out.get(), told);
  const std::string line = std::string(1023, 'x') + "\n";
  constexpr size_t lines = 8192;   // 8 MiB, far over what pipe and queue hold
  for (size_t i = 0; i < lines; ++i)
    writer->write(line);
  CHECK_FALSE(writer->flush(1ms));
  std::string text;
  std::thread late{[&] { text = reader.read_until("again\n"); }};
  CHECK(writer->flush(60s));
  writer->write("again\n");
  late.join();
  CHECK(count_of(text, "x\n") + dropped_in(text) == lines);
  CHECK(count_of(text, "x\n") < lines / 2);
  writer->close();
}

TEST_CASE("log_writer: what cannot be written is counted, and told of once that is possible") {
  stalled_reader reader;
  unique_fd target{::dup(reader.in.get())};   // not open for writing
  auto writer = log_writer::start(target.get(), told);
  writer->write("one\n");
  writer->write("two\n");
  REQUIRE(writer->flush(10s));
  REQUIRE(::dup2(reader.out.get(), target.get()) >= 0);
  writer->write("three\n");
  CHECK(reader.read_until("dropped\n") == "three\n2 dropped\n");
  writer->close();
}

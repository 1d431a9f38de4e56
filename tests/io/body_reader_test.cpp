#include "io/body_reader.hpp"
#include "../support/temporary_folder.hpp"
#include "io/base64.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

struct body_reader_fixture {
  /// All of the body, `step` bytes at a time.
  static std::optional<std::string> read(body_reader& reader, size_t step) {
    std::string all, buffer(step, '\0');
    while (auto count = reader.read(buffer.data(), step)) {
      if (*count == 0)
        return all;
      all.append(buffer, 0, *count);
    }
    return std::nullopt;
  }
  std::string base64(const std::string& bytes) const {
    std::string text;
    append_base64(text, bytes);
    return text;
  }

  temporary_folder temporary;
};

}   // namespace

TEST_CASE_FIXTURE(body_reader_fixture, "body_reader: texts and files in their order, whatever is asked for at once") {
  std::string bytes(200'001, 'x');
  bytes[100'000] = 'y';
  write_file(temporary / "a", bytes);
  write_file(temporary / "none", "");
  for (size_t step : {1, 7, 65536, 1'000'000}) {
    body_reader reader{make_body({std::string{"begin "}, raw_file{temporary / "a", 0, bytes.size()}, std::string{},
                                  output_file{{}, temporary / "a", "image/png", bytes.size()},
                                  output_file{{}, temporary / "none", "text/plain", 0}, std::string{" end"}})};
    auto expected =
      "begin " + bytes + "\"data:image/png;base64," + base64(bytes) + "\"\"data:text/plain;base64,\"" + " end";
    CHECK(reader.size() == expected.size());
    CHECK(read(reader, step) == expected);
    reader.rewind();
    CHECK(read(reader, step) == expected);
  }
}

TEST_CASE_FIXTURE(body_reader_fixture, "body_reader: it begins anew in the middle of a file") {
  write_file(temporary / "a", std::string(100'000, 'x'));
  body_reader reader{make_body({raw_file{temporary / "a", 1, 99'999}})};
  char buffer[10];
  CHECK(reader.read(buffer, sizeof(buffer)) == 10);
  reader.rewind();
  CHECK(read(reader, 4096) == std::string(99'999, 'x'));
}

TEST_CASE_FIXTURE(body_reader_fixture, "body_reader: a file that is missing or too short is a problem") {
  body_reader missing{make_body({std::string{"text"}, raw_file{temporary / "none", 0, 1}})};
  CHECK_FALSE(read(missing, 1024));
  CHECK(missing.problem() == "[Errno 2] No such file or directory: '" + temporary / "none" + "'");
  write_file(temporary / "a", "12");
  body_reader shorter{make_body({raw_file{temporary / "a", 0, 3}})};
  CHECK_FALSE(read(shorter, 1024));
  CHECK_FALSE(shorter.problem().empty());
}

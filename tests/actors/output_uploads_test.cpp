#include "actors/output_uploads.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

output_file file_at(size_t offset, size_t length) {
  output_file file;
  file.at = {offset, length};
  return file;
}

}   // namespace

TEST_CASE("output_uploads: what has no files is there at once, unless something is before it") {
  output_uploads uploads;
  CHECK(uploads.take_uploaded() == nullptr);
  uploads.add("1", {});
  CHECK(uploads.take_uploaded()->json == "1");
  auto first = uploads.add(R"("f")", {file_at(0, 3)});
  uploads.add("2", {});
  CHECK(uploads.take_uploaded() == nullptr);
  uploads.uploaded(*first, 0, "url");
  CHECK(uploads.take_uploaded()->json == R"("url")");
  CHECK(uploads.take_uploaded()->json == "2");
  CHECK(uploads.empty());
}

TEST_CASE("output_uploads: URLs stand in the places of their files, escaped") {
  output_uploads uploads;
  auto output = uploads.add(R"({"a":"x","b":["yy"]})", {file_at(5, 3), file_at(14, 4)});
  uploads.uploaded(*output, 1, R"(has "quotes")");
  CHECK(uploads.take_uploaded() == nullptr);
  uploads.uploaded(*output, 0, "https://files/0");
  CHECK(uploads.take_uploaded()->json == R"({"a":"https://files/0","b":["has \"quotes\""]})");
}

TEST_CASE("output_uploads: one failure makes the output empty, but it waits for its other uploads") {
  output_uploads uploads;
  auto output = uploads.add(R"(["x","y"])", {file_at(1, 3), file_at(5, 3)});
  uploads.failed(*output, "403");
  CHECK(uploads.take_uploaded() == nullptr);
  uploads.uploaded(*output, 1, "url");
  auto taken = uploads.take_uploaded();
  CHECK(taken->failed);
  CHECK(taken->json == "");
}

TEST_CASE("output_uploads: the first failure is the one that is named") {
  output_uploads uploads;
  CHECK(uploads.error() == "");
  auto first = uploads.add(R"("x")", {file_at(0, 3)});
  auto second = uploads.add(R"("y")", {file_at(0, 3)});
  uploads.failed(*second, "403");
  uploads.failed(*first, "500");
  CHECK(uploads.error() == "Failed to upload output: 403");
}

TEST_CASE("output_uploads: the end keeps its shape and its place") {
  output_uploads uploads;
  auto chunk = uploads.add(R"("x")", {file_at(0, 3)});
  uploads.add("[1]", {}, done_shape::chunk_list);
  uploads.uploaded(*chunk, 0, "url");
  CHECK_FALSE(uploads.take_uploaded()->end);
  CHECK(uploads.take_uploaded()->end == done_shape::chunk_list);
}

TEST_CASE("output_uploads: nothing is left after a clear") {
  output_uploads uploads;
  uploads.add(R"("x")", {file_at(0, 3)});
  CHECK_FALSE(uploads.empty());
  uploads.clear();
  CHECK(uploads.empty());
  CHECK(uploads.take_uploaded() == nullptr);
}

#include "actors/files.hpp"
#include "../support/temporary_folder.hpp"
#include "actor_fixture.hpp"
#include "input_support.hpp"
#include <doctest/doctest.h>
#include <sys/resource.h>

using namespace cog;

namespace {

struct files_fixture : actor_fixture {
  files_actor worker = system.spawn(files);
  temporary_folder temporary;

  caf::expected<std::string> decode(const std::string& token, uint64_t index = 0) {
    return ask<std::string>(worker, atom::decode_v, job_with(token, plain_folder(temporary.path), index));
  }
  caf::expected<std::string> encode(const std::string& name, uint64_t offset, uint64_t length) {
    return ask<std::string>(worker, atom::encode_v, file_piece{temporary / name, offset, length});
  }
};

}   // namespace

TEST_CASE_FIXTURE(files_fixture, "files: a data URL becomes a file in a folder of its own") {
  auto path = decode(R"("data:image/png;base64,Zm9v")", 3);
  REQUIRE(path);
  CHECK(*path == temporary / "3/file.png");
  CHECK(read_file(*path) == "foo");
}

TEST_CASE_FIXTURE(files_fixture, "files: a data URL of megabytes stays whole") {
  std::string bytes(3'000'000, 'x');
  auto path = decode("\"data:text/plain," + bytes + '"');
  REQUIRE(path);
  CHECK(read_file(*path) == bytes);
}

TEST_CASE_FIXTURE(files_fixture, "files: a bad data URL is told with the input it is in") {
  auto path = decode(R"("data:;base64,Zg")");
  REQUIRE_FALSE(path);
  CHECK(code_of(path.error()) == errc::bad_data_url);
  CHECK(text_of(path.error()) == "file: not a sound data URL: its base64 lacks the padding (=) at the end");
}

TEST_CASE_FIXTURE(files_fixture, "files: a file that cannot be made is our failure") {
  write_file(temporary / "0", "in the way");
  auto path = decode(R"("data:,x")");
  REQUIRE_FALSE(path);
  CHECK(code_of(path.error()) == errc::file_failed);
}

TEST_CASE_FIXTURE(files_fixture, "files: pieces of a file come in base64 and join") {
  write_file(temporary / "x", "foobar!");
  CHECK(*encode("x", 0, 3) == "Zm9v");
  CHECK(*encode("x", 3, 4) == "YmFyIQ==");
}

TEST_CASE_FIXTURE(files_fixture, "files: a missing file is named") {
  auto text = encode("missing", 0, 3);
  REQUIRE_FALSE(text);
  CHECK(code_of(text.error()) == errc::file_failed);
  CHECK(text_of(text.error()) == "[Errno 2] No such file or directory: '" + temporary / "missing'");
}

TEST_CASE_FIXTURE(files_fixture, "files: a file that has become shorter is an error") {
  write_file(temporary / "x", "foo");
  auto text = encode("x", 0, 4);
  REQUIRE_FALSE(text);
  CHECK(text_of(text.error()) == "The file has become shorter: '" + temporary / "x'");
}

TEST_CASE_FIXTURE(files_fixture, "files: a sweep removes a folder but follows no link out of it") {
  write_file(temporary / "kept/x", "x");
  write_file(temporary / "gone/deep/y", "y");
  std::filesystem::create_directory_symlink(temporary / "kept", temporary / "gone/link");
  self->send(worker, atom::sweep_v, temporary / "gone");
  scheduler.run();
  CHECK_FALSE(std::filesystem::exists(temporary / "gone"));
  CHECK(read_file(temporary / "kept/x") == "x");
}

TEST_CASE_FIXTURE(files_fixture, "files: a sweep that finds no descriptor is made up for") {
  write_file(temporary / "gone/x", "x");
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto none_left = before;
  none_left.rlim_cur = 3;
  ::setrlimit(RLIMIT_NOFILE, &none_left);
  self->send(worker, atom::sweep_v, temporary / "gone");
  scheduler.run();
  ::setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(std::filesystem::exists(temporary / "gone"));
  scheduler.advance_time(std::chrono::seconds{5});
  scheduler.run();
  CHECK_FALSE(std::filesystem::exists(temporary / "gone"));
}

TEST_CASE_FIXTURE(files_fixture, "files: a touch makes a file and its folder, and leaves one that is there alone") {
  self->send(worker, atom::touch_v, temporary / "run/cog/ready");
  scheduler.run();
  CHECK(read_file(temporary / "run/cog/ready").empty());
  write_file(temporary / "kept", "x");
  self->send(worker, atom::touch_v, temporary / "kept");
  self->send(worker, atom::touch_v, temporary / "kept/none");
  scheduler.run();
  CHECK(read_file(temporary / "kept") == "x");
}

TEST_CASE_FIXTURE(files_fixture, "files: a sweep of nothing harms nobody") {
  self->send(worker, atom::sweep_v, temporary / "missing");
  scheduler.run();
  CHECK(decode(R"("data:,x")"));
}

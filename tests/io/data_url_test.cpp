#include "io/data_url.hpp"
#include "../support/temporary_folder.hpp"
#include "io/folder.hpp"
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace cog;

namespace {

struct decoded {
  std::string bytes;
  std::string media_type;
  std::string problem;
};

decoded decode(const std::string& content) {
  auto token = '"' + content + '"';
  data_url_decoder decoder{token};
  decoded result;
  for (std::string piece; decoder.next(piece);)
    result.bytes += piece;
  result.media_type = decoder.media_type();
  result.problem = decoder.problem();
  return result;
}

}   // namespace

TEST_CASE("data URL: base64 is decoded and the media type told") {
  auto result = decode("data:image/PNG;name=x;base64,Zm9v");
  CHECK(result.bytes == "foo");
  CHECK(result.media_type == "image/png");
  CHECK(result.problem.empty());
}

TEST_CASE("data URL: the name is that of the parameter, wherever it stands") {
  auto name_of = [](const std::string& content) {
    auto token = '"' + content + '"';
    return data_url_decoder{token}.name();
  };
  CHECK(name_of("data:audio/wav;name=my%20dog.wav;base64,Zm9v") == "my%20dog.wav");
  CHECK(name_of("data:text/plain;charset=utf-8; NAME = a.txt,x") == "a.txt");
  CHECK(name_of("data:;name=a,x") == "a");
  CHECK(name_of("data:text/plain;base64,Zm9v") == "");
  CHECK(name_of("data:text/plain;name;filename=x,y") == "");
}

TEST_CASE("data URL: without the mark the payload is percent-decoded only") {
  auto result = decode("data:text/plain,a%20b+c,d%");
  CHECK(result.bytes == "a b+c,d%");
  CHECK(result.media_type == "text/plain");
}

TEST_CASE("data URL: percent-decoding comes before base64") {
  CHECK(decode("data:;base64,Zm9v%0AYmFy%3D").bytes == "foobar");
  CHECK(decode("data:;base64,Zg%3D%3D").bytes == "f");
}

TEST_CASE("data URL: a missing or strange media type is plain text") {
  CHECK(decode("data:,x").media_type == "text/plain");
  CHECK(decode("data:;base64,Zg==").media_type == "text/plain");
  CHECK(decode("data:picture,x").media_type == "text/plain");
  CHECK(decode("data:;charset=utf-8,x").media_type == "text/plain");
}

TEST_CASE("data URL: JSON escapes are decoded first") {
  auto result = decode(R"(data:image\/png;base64\u002cZm9v\u0059m\/v)");
  CHECK(result.media_type == "image/png");
  CHECK(result.bytes == "foobo\xef");
}

TEST_CASE("data URL: one without a comma is an error") {
  CHECK(decode("data:image/png;base64").problem == "it has no comma before its content");
}

TEST_CASE("data URL: bad base64 is an error") {
  CHECK(decode("data:;base64,Zg").problem == "its base64 lacks the padding (=) at the end");
}

TEST_CASE("data URL: what is wrong is told without storing it") {
  CHECK(data_url_problem(R"("data:foo")") == "it has no comma before its content");
  CHECK(data_url_problem(R"("data:;base64,aGk")") == "its base64 lacks the padding (=) at the end");
  CHECK(data_url_problem(R"("data:;base64,aGkhX")") == "its base64 has one letter too many");
  CHECK(data_url_problem(R"("data:;base64,aGk=")").empty());
}

TEST_CASE("data URL: an empty payload is an empty file") {
  auto result = decode("data:text/plain;base64,");
  CHECK(result.bytes.empty());
  CHECK(result.problem.empty());
}

TEST_CASE("data URL: a payload of many pieces stays whole, escapes at every place") {
  std::string bytes, url = "data:application/octet-stream,";
  for (int i = 0; i < 300'000; ++i) {
    bytes += static_cast<char>('a' + i % 7);
    url += i % 7 == 3 ? "%64" : i % 7 == 5 ? "\\u0066" : std::string(1, bytes.back());
  }
  CHECK(decode(url).bytes == bytes);
}

TEST_CASE("data URL: is stored in a file named after its type, private to its owner") {
  temporary_folder temporary;
  auto target = make_folder(temporary.path, 7, [](const std::string&) {});
  auto stored = store_data_url(R"("data:image/png;base64,Zm9v")", *target, 2);
  CHECK(stored.problem.empty());
  CHECK(stored.path == temporary / "7/2/file.png");
  CHECK(read_file(stored.path) == "foo");
  auto named = store_data_url(R"("data:image/png;name=..%2Fcat.png;base64,Zm9v")", *target, 3);
  CHECK(named.path == temporary / "7/3/.._cat.png");
  struct stat info;
  REQUIRE(::stat(stored.path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("data URL: a bad one is told from a file that cannot be written") {
  temporary_folder temporary;
  auto target = make_folder(temporary.path, 1, [](const std::string&) {});
  CHECK(store_data_url(R"("data:nothing")", *target, 0).bad_url);
  auto nowhere = make_folder(temporary / "missing", 1, [](const std::string&) {});
  auto stored = store_data_url(R"("data:,x")", *nowhere, 0);
  CHECK_FALSE(stored.bad_url);
  CHECK(stored.problem == "[Errno 2] No such file or directory: '" + temporary / "missing/1'");
}

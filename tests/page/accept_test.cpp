#include "page/accept.hpp"
#include <doctest/doctest.h>
#include <string>

using namespace cog;

TEST_CASE("accept: HTML is for those who name it and like it at least as well as JSON") {
  for (auto header :
       {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
        "text/html,application/xhtml+xml,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7", "text/html",
        "TEXT/HTML;charset=utf-8", "application/xhtml+xml, application/json;q=0.9", "text/html, application/json",
        "*/*, text/html;q=0.1", "text/html;q=1.000", "text/html;q=1.", "text/html;Q=0.001", "text/html;q=0.5;",
        "text/html ; ; q=0.5", " ,, text/html\t,", "text/html;a=\"x;q=2, y\\\"z\";q=0.2",
        "text/html, application/json;q=0", "text/html;q=0.501, application/json;q=0.5"}) {
    CAPTURE(std::string{header});
    CHECK(prefers_html(header));
  }
}

TEST_CASE("accept: JSON is for all others") {
  for (auto header :
       {"", " ", ",", "application/json", "application/json, text/html", "text/html;q=0.5, application/json",
        "text/html;q=0.5, application/json;q=0.501", "text/html;q=0", "text/html;q=0.000", "*/*", "text/*",
        "text/event-stream", "text/htmlx", "text/html2, */*", "application/xml, */*;q=0.8"}) {
    CAPTURE(std::string{header});
    CHECK_FALSE(prefers_html(header));
  }
}

TEST_CASE("accept: a header that is malformed anywhere counts as one for JSON") {
  for (auto malformed :
       {"q",      "q=",      "q=x",     "q=2",     "q=-1",     "q=+1",    "q=1.1", "q=1.001", "q=1.0000",
        "q=.5",   "q=0.5.1", "q=1e-1",  "q=0,5",   "q=0.1x",   "q=\"1\"", "q =1",  "q= 1",    "q=0x1",
        "q=nan",  "q=1;q=1", "q=1;q=0", "charset", "charset=", "=utf-8",  "a=b=c", "a=\"b",   "a=\"b\"c",
        "a=\"\\", "a b",     "a=b c",   "(a)=b",   "a;q=1",    "q=1;a",   "a=b/c", "\x01=b"}) {
    CAPTURE(std::string{malformed});
    CHECK_FALSE(prefers_html(std::string{"text/html;"} + malformed));
    CHECK_FALSE(prefers_html(std::string{"text/html, image/png;"} + malformed));
    CHECK_FALSE(prefers_html(std::string{"*/*;"}.append(malformed).append(", text/html")));
  }
  for (auto malformed : {"*", "html", "/", "text/", "/html", "a/b/c", "a//b", ";q=1", "=", "\"text/html\"", "a/b c/d",
                         "a/b:c", "a/(b)", "text/html q=1", "\xff", "a/b\n"}) {
    CAPTURE(std::string{malformed});
    CHECK_FALSE(prefers_html(std::string{"text/html, "} + malformed));
    CHECK_FALSE(prefers_html(std::string{malformed} + ", text/html"));
  }
}

TEST_CASE("accept: gzip is for those who name it in a header that can be read") {
  for (auto header : {"gzip", "GZIP", "gzip, deflate, br", "br;q=1.0, gzip;q=0.001", "identity, gzip ;q=1"}) {
    CAPTURE(std::string{header});
    CHECK(accepts_gzip(header));
  }
  for (auto header :
       {"", "*", "br", "x-gzip", "gzip;q=0", "gzip;q=0.0", "gzip;q=x", "gzip;q", "gzip, br;q", "gzip;=1"}) {
    CAPTURE(std::string{header});
    CHECK_FALSE(accepts_gzip(header));
  }
}

TEST_CASE("accept: a file is asked for by a type that is liked better than JSON") {
  auto types_of = [](std::string_view accept) {
    std::string types;
    if (auto wish = read_file_wish(accept))
      for (auto& type : wish->types)
        types += (types.empty() ? "" : " ") + type;
    return types;
  };
  CHECK(types_of("image/png") == "image/png");
  CHECK(types_of("image/*;q=0.2, */*") == "image/*");
  CHECK(types_of("image/png, audio/*;q=0.5, application/json;q=0.7") == "image/png");
  for (auto* accept :
       {"", "*/*", "application/json", "application/json, text/plain, */*", "text/html", "text/event-stream",
        "application/xhtml+xml, text/html;q=0.9, */*;q=0.8", "image/png;q=0", "image", "image/png;q=x"})
    CHECK_MESSAGE(types_of(accept) == "", accept);
  CHECK(read_file_wish("image/png, application/json;q=0.1")->takes_json);
  CHECK_FALSE(read_file_wish("image/png")->takes_json);
  CHECK(read_file_wish("image/*")->wants("IMAGE/jpeg; q=1"));
  CHECK_FALSE(read_file_wish("image/*")->wants("imagex/jpeg"));
}

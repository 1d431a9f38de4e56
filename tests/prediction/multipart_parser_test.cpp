#include "multipart_support.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

/// Of the body whole; it is the same however the body is cut.
std::string parts_of(const std::string& body, std::string_view boundary = "b") {
  auto whole = cog::parts_of(body, boundary, body.size(), body.size());
  for (size_t cut = 1; cut < body.size(); ++cut) {
    CAPTURE(cut);
    CHECK(cog::parts_of(body, boundary, cut, body.size()) == whole);
  }
  for (size_t length : {1, 2, 3, 7})
    CHECK(cog::parts_of(body, boundary, length, length) == whole);
  return whole;
}

std::string with_head(const std::string& head) {
  return "--b\r\n" + head + "\r\n\r\nx\r\n--b--\r\n";
}

const std::string name_only = "Content-Disposition: form-data; name=\"n\"";

}   // namespace

TEST_CASE("multipart: texts and files come in their order, with what they say of themselves") {
  CHECK(parts_of("--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhello\r\n"
                 "--b\r\ncontent-disposition:form-data; filename=\"in.png\"; name=\"image\"\r\n"
                 "Content-Type: image/png\r\nX-Other: 1\r\n\r\n\r\n--\r\r\n--bb"
                 "\r\n--b--\r\n") ==
        "text|-||hello|\n"
        "image|in.png|image/png|\r\n--\r|\n"
        "A boundary is followed by neither a line end nor `--` at byte 177");
  CHECK(parts_of("--b\r\nContent-Disposition: form-data; name=a; filename=x\r\n\r\n\r\n--\r\r\n--c\r\n-\r\n"
                 "\r\n--b--") == "a|x||\r\n--\r\r\n--c\r\n-\r\n|\n");
}

TEST_CASE("multipart: an empty form, empty parts, and what stands before and behind the boundaries") {
  CHECK(parts_of("--b--\r\n") == "");
  CHECK(parts_of("before\r\n--b \t\r\n" + name_only + "\r\n\r\n\r\n--b--  \r\nbehind\r\n--b\r\nx") == "n|-|||\n");
  CHECK(parts_of("--b\r\n" + name_only + "\r\n\r\n--b\r\n" + name_only + "\r\n\r\n--b--") == "n|-|||\nn|-|||\n");
}

TEST_CASE("multipart: names as clients write them") {
  auto named = [](const std::string& rest) { return parts_of(with_head("Content-Disposition: form-data; " + rest)); };
  CHECK(named(R"(name="a\"b\\c"; filename="C:\dir\f.txt")") == "a\"b\\c|C:\\dir\\f.txt||x|\n");
  CHECK(named(R"(name="a;b=c"; filename="")") == "a;b=c|||x|\n");
  CHECK(named("name=\"ä\"; filename=\"ö.txt\"") == "ä|ö.txt||x|\n");
  CHECK(named("name=n; filename=old; filename*=utf-8''n%C3%A4me%20x.txt") == "n|näme x.txt||x|\n");
  CHECK(named("name=n; filename=old; filename*=latin1''n%E4") == "n|old||x|\n");
  CHECK(named("NAME=n;; Filename = f ;") == "n|f||x|\n");
}

TEST_CASE("multipart: what is malformed is told with its place") {
  CHECK(parts_of("") == "There is no final boundary at byte 0");
  CHECK(parts_of("no boundary at all\r\n") == "There is no final boundary at byte 20");
  CHECK(parts_of("--b\r\n" + name_only + "\r\n\r\nhalf") == "n|-||halfThere is no final boundary at byte 53");
  CHECK(parts_of("--b\r\n" + name_only + "\r\n\r\nx\r\n--b-x").ends_with("nor `--` at byte 56"));
  CHECK(parts_of("--b\n" + name_only) == "A boundary is followed by neither a line end nor `--` at byte 3");
  CHECK(parts_of("--b\r\n\r\nx\r\n--b--") == "The part has no Content-Disposition at byte 5");
  CHECK(parts_of(with_head("Content-Type: text/plain")) == "The part has no Content-Disposition at byte 5");
  CHECK(parts_of(with_head("X: 1\r\nContent-Disposition: form-data; name=\"")).ends_with("name=\"...\"` at byte 11"));
  CHECK(parts_of(with_head("Content-Disposition: attachment; name=n")).ends_with("name=\"...\"` at byte 5"));
  CHECK(parts_of(with_head("Content-Disposition: form-data; name=a; name=b")).ends_with("name=\"...\"` at byte 5"));
  CHECK(parts_of(with_head("Content-Disposition: form-data")) == "The part has no name at byte 5");
  CHECK(parts_of(with_head("Content-Disposition: form-data; name=\xff")) ==
        "The name of the part is no UTF-8 at byte 5");
  CHECK(parts_of(with_head(name_only + "\r\n folded")) == "A line of the part's head is no header field at byte 47");
  CHECK(parts_of(with_head(name_only + "\r\nX: a\nb")) == "A line of the part's head is no header field at byte 47");
  CHECK(parts_of(with_head(name_only + "\r\n" + name_only)) == "There is a second Content-Disposition at byte 47");
  CHECK(parts_of(with_head(name_only + "\r\nContent-Type: multipart/mixed; boundary=c")) ==
        "A part may not be multipart itself at byte 47");
  CHECK(parts_of(with_head(name_only + "\r\nContent-Transfer-Encoding: base64")) ==
        "Content-Transfer-Encoding is none of 7bit, 8bit and binary at byte 47");
  CHECK(parts_of(with_head(name_only + "\r\nContent-Transfer-Encoding: Binary")) == "n|-||x|\n");
}

TEST_CASE("multipart: limits of names, heads and parts") {
  auto named = [](size_t length) {
    auto body = with_head("Content-Disposition: form-data; name=" + std::string(length, 'n'));
    return cog::parts_of(body, "b", body.size(), body.size());
  };
  CHECK(named(256) == std::string(256, 'n') + "|-||x|\n");
  CHECK(named(257) == "The name of the part is longer than 256 bytes at byte 5");
  auto padded = [](size_t length, size_t piece) {
    return cog::parts_of(with_head(name_only + "\r\nX: " + std::string(length, 'x')), "b", piece, piece);
  };
  for (size_t piece : {1, 1000, 100000}) {
    CHECK(padded(16000, piece) == "n|-||x|\n");
    CHECK(padded(17000, piece) == "The head of a part is longer than 16 KiB at byte 5");
  }
  auto many = [](size_t count) {
    std::string body;
    for (size_t i = 0; i < count; ++i)
      body += "--b\r\n" + name_only + "\r\n\r\n\r\n";
    body += "--b--";
    auto text = cog::parts_of(body, "b", body.size(), body.size());
    return text.substr(text.rfind('\n') + 1);
  };
  CHECK(many(1000) == "");
  CHECK(many(1001).starts_with("There are more than 1000 parts at byte "));
}

TEST_CASE("multipart: the boundary of a Content-Type") {
  CHECK(boundary_of("multipart/form-data; boundary=abc") == "abc");
  CHECK(boundary_of("multipart/form-data; charset=utf-8; Boundary=\"a b:c\"") == "a b:c");
  CHECK(boundary_of("multipart/form-data; boundary=" + std::string(70, 'x')) == std::string(70, 'x'));
  for (std::string bad :
       {"", "; boundary=", "; boundary=\"a \"", "; boundary=\"a\"\"", "; boundary=\"\xc3\xa4\"", ";boundary"})
    CHECK_FALSE(boundary_of("multipart/form-data" + bad));
  CHECK_FALSE(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')));
}

TEST_CASE("multipart: a part is a file by its name or its type") {
  CHECK_FALSE(part_head{"n", {}, ""}.is_file());
  CHECK_FALSE(part_head{"n", {}, "Text/Plain; charset=utf-8"}.is_file());
  CHECK(part_head{"n", {}, "application/octet-stream"}.is_file());
  CHECK(part_head{"n", "", "text/plain"}.is_file());
}

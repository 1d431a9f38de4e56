#include "http/file_answer.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

std::string part_of(std::string_view field, uint64_t size) {
  auto part = read_range(field, size);
  if (!part)
    return "whole";
  return part->size == 0 ? "none" : std::to_string(part->offset) + "+" + std::to_string(part->size);
}

}   // namespace

TEST_CASE("file_answer: a range is a part of the file, beyond its end, or not understood") {
  struct row {
    std::string_view field;
    std::string part;
  };
  for (auto& [field, part] : {row{"bytes=0-0", "0+1"},
                              {"bytes=0-9", "0+10"},
                              {"bytes=0-", "0+10"},
                              {"bytes=9-", "9+1"},
                              {"bytes=3-99", "3+7"},
                              {"BYTES=3-4", "3+2"},
                              {"bytes= 3-4 ", "3+2"},
                              {"bytes=3-99999999999999999999", "3+7"},
                              {"bytes=-3", "7+3"},
                              {"bytes=-99", "0+10"},
                              {"bytes=-0", "none"},
                              {"bytes=10-", "none"},
                              {"bytes=10-12", "none"},
                              {"bytes=99999999999999999999-", "none"},
                              {"bytes=4-3", "whole"},
                              {"bytes=-", "whole"},
                              {"bytes=", "whole"},
                              {"bytes=a-b", "whole"},
                              {"bytes=1-b", "whole"},
                              {"bytes=+1-2", "whole"},
                              {"bytes=--1", "whole"},
                              {"bytes=1", "whole"},
                              {"bytes=0-1,3-4", "whole"},
                              {"lines=0-1", "whole"},
                              {"", "whole"}}) {
    CAPTURE(std::string{field});
    CHECK(part_of(field, 10) == part);
  }
  CHECK(part_of("bytes=0-", 0) == "none");
  CHECK(part_of("bytes=-1", 0) == "none");
}

TEST_CASE("file_answer: what could run in a browser is to be saved") {
  for (auto type : {"image/png", "IMAGE/JPEG", "audio/wav", "video/mp4", "text/plain; charset=utf-8", "text/csv",
                    "application/json"}) {
    CAPTURE(type);
    CHECK(content_disposition("a", type) == "inline; filename=\"a\"");
  }
  for (auto type :
       {"text/html", "image/svg+xml", "Image/SVG+xml ; x=1", "text/xml", "application/xml", "application/xhtml+xml",
        "application/pdf", "text/javascript", "application/octet-stream", "multipart/x-mixed-replace", "images", ""}) {
    CAPTURE(type);
    CHECK(content_disposition("a", type) == "attachment; filename=\"a\"");
  }
}

TEST_CASE("file_answer: a name is told so that every client can read it, and no header can be made of it") {
  CHECK(content_disposition("my dog.png", "image/png") == "inline; filename=\"my dog.png\"");
  CHECK(content_disposition("a\"b\\c.png", "image/png") ==
        "inline; filename=\"a_b_c.png\"; filename*=UTF-8''a%22b%5Cc.png");
  CHECK(content_disposition("\xC3\xA4.png", "image/png") == "inline; filename=\"__.png\"; filename*=UTF-8''%C3%A4.png");
  CHECK(content_disposition("100%.png", "image/png") == "inline; filename=\"100_.png\"; filename*=UTF-8''100%25.png");
  CHECK(content_disposition("a\r\nb", "image/png") == "inline; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab");
  CHECK(content_disposition("\xFF.png", "image/png") == "inline; filename=\"_.png\"");
}

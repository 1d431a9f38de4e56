#include "page/page_answer.hpp"
#include "page/page_files.hpp"
#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

using namespace cog;

namespace {

std::string header_of(const page_answer& answer, std::string name) {
  name += ": ";
  for (auto& line : answer.headers)
    if (line.starts_with(name))
      return line.substr(name.size());
  return {};
}

std::string target_of(std::string_view name) {
  return "/page/" + std::string{page_hash()} + '/' + std::string{name};
}

}   // namespace

TEST_CASE("page_answer: the document carries its policy, which names hosts of media") {
  auto plain = answer_document({}, {});
  CHECK(plain.status == 200);
  CHECK(plain.content_type == "text/html; charset=utf-8");
  CHECK(header_of(plain, "vary") == "Accept, Accept-Encoding");
  auto policy = header_of(plain, "content-security-policy");
  CHECK(policy.find("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; ") == 0);
  CHECK(policy.find("require-trusted-types-for 'script'; trusted-types 'none'") != policy.npos);
  page_config config;
  config.media = {"https://cdn.example:8443/a/b?c", "no url", "https://x;script-src *"};
  policy = header_of(answer_document(config, {}), "content-security-policy");
  CHECK(policy.find("img-src 'self' data: blob: https://cdn.example:8443; media-src") != policy.npos);
  CHECK(policy.find('*') == policy.npos);
}

TEST_CASE("page_answer: an address that ends in a slash leads to the one without, relatively") {
  struct row {
    std::string target, location;
  };
  for (auto& [target, location] : {row{"/docs/", "../docs"},
                                   {"/status/", "../status"},
                                   {"/docs/?a=b/&c=/", "../docs?a=b/&c=/"},
                                   {"/docs/?", "../docs?"}}) {
    auto answer = answer_document({}, {target, "gzip", {}});
    CHECK(answer.status == 307);
    CHECK(header_of(answer, "location") == location);
    CHECK(answer.content_type.empty());
    CHECK(answer.body.empty());
  }
  for (auto target : {"/", "/docs", "/status?x=/", "/?/", "/docs?a/"})
    CHECK(answer_document({}, {target, {}, {}}).status == 200);
}

TEST_CASE("page_answer: a document without a form says so") {
  page_config config;
  config.mode = "status";
  auto answer = answer_document(config, {{}, "gzip", {}});
  CHECK(header_of(answer, "content-encoding").empty());
  CHECK(answer.body.find("data-mode=\"status\"") != answer.body.npos);
}

TEST_CASE("page_answer: files are packed for those who take that, and kept for ever") {
  auto target = target_of("main.js");
  auto plain = answer_page_file({}, {target, {}, {}});
  CHECK(plain.content_type == "text/javascript; charset=utf-8");
  CHECK(header_of(plain, "cache-control") == "public, max-age=31536000, immutable");
  auto packed = answer_page_file({}, {target, "br, gzip;q=0.5", {}});
  CHECK(header_of(packed, "content-encoding") == "gzip");
  CHECK(packed.body.size() < plain.body.size());
  CHECK(header_of(packed, "etag") != header_of(plain, "etag"));
  CHECK(header_of(answer_page_file({}, {target, "gzip;q=0", {}}), "content-encoding").empty());
  auto tag = header_of(plain, "etag");
  auto same = answer_page_file({}, {target, {}, tag});
  CHECK(same.status == 304);
  CHECK(same.body.empty());
}

TEST_CASE("page_answer: other files and those of another build are not there") {
  CHECK(answer_page_file({}, {"/page/000000000000/main.js", {}, {}}).status == 404);
  CHECK(answer_page_file({}, {target_of("none.js"), {}, {}}).status == 404);
  CHECK(answer_page_file({}, {target_of("index.html"), {}, {}}).status == 404);
  CHECK(answer_page_file({}, {target_of(""), {}, {}}).status == 404);
  CHECK(answer_page_file({}, {"/page", {}, {}}).status == 404);
}

TEST_CASE("page_answer: a folder's files come first, and none from outside it") {
  auto folder = std::filesystem::temp_directory_path() / "page_answer_test";
  std::filesystem::create_directories(folder / "inside");
  std::ofstream{folder / "secret.js"} << "secret";
  std::ofstream{folder / "inside" / "main.js"} << "changed";
  page_config config;
  config.folder = folder / "inside";
  auto changed = answer_page_file(config, {target_of("main.js"), {}, {}});
  CHECK(changed.body == "changed");
  CHECK(header_of(changed, "cache-control") == "no-store");
  CHECK(answer_page_file(config, {target_of("../secret.js"), {}, {}}).status == 404);
  CHECK(answer_page_file(config, {target_of("%2e%2e/secret.js"), {}, {}}).status == 404);
  CHECK(answer_page_file(config, {target_of("dom.js"), {}, {}}).status == 200);
  CHECK(answer_document(config, {}).status == 404);
  std::filesystem::remove_all(folder);
}

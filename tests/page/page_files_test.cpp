#include "page/page_files.hpp"
#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <regex>
#include <string>

namespace {

const cog::page_file* find(std::string_view name) {
  auto files = cog::page_files();
  auto found = std::find_if(files.begin(), files.end(), [&](auto& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

}   // namespace

TEST_CASE("page_files: what a browser loads is at most 150 KB in all") {
  size_t sum = 0;
  for (auto& file : cog::page_files()) {
    CHECK_MESSAGE(file.compressed.substr(0, 2) == "\x1f\x8b", file.name);
    CHECK_MESSAGE(!file.content_type.empty(), file.name);
    sum += file.compressed.size();
  }
  CHECK(sum > 10'000);
  CHECK(sum <= 150 * 1024);
}

TEST_CASE("page_files: every import of a module is one of the files") {
  std::regex pattern{R"re((?:from|import|import\()\s*'(\.[^']+)')re"};
  for (auto& file : cog::page_files()) {
    if (!file.name.ends_with(".js") || file.name == "marked.js")
      continue;
    std::string text{file.bytes};
    auto folder = std::filesystem::path{file.name}.parent_path();
    for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match) {
      auto target = (folder / (*match)[1].str()).lexically_normal().string();
      if (target == "marked.js")
        continue;   // a build without it shows Markdown as text
      CHECK_MESSAGE(find(target) != nullptr, file.name, " imports ", target);
    }
  }
}

TEST_CASE("page_files: the document names its files by the hash, and nothing by an absolute address") {
  auto document = find("index.html");
  REQUIRE(document);
  std::string text{document->bytes};
  CHECK(cog::page_hash().size() == 12);
  CHECK(text.find("\"page/" + std::string{cog::page_hash()} + "/main.js\"") != std::string::npos);
  CHECK(text.find("HASH") == std::string::npos);
  CHECK(text.find("=\"/") == std::string::npos);
  CHECK(text.find("http") == std::string::npos);
  std::regex address{R"re("page/[0-9a-f]+/([^"]+)")re"};
  for (std::sregex_iterator match{text.begin(), text.end(), address}, end; match != end; ++match)
    CHECK(find((*match)[1].str()) != nullptr);
}

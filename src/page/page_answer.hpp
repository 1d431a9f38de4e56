#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// How the page is served (docs/page.md).
struct page_config {
  std::string mode = "on";   // "status": without its form; "off": not at all; "playground": in front of any server
  std::string folder;        // whose files are served in place of those in this program; empty: none
  std::vector<std::string> media;   // URLs of other hosts whose pictures, sound and films may be shown
};

/// What a request says of how it wants a file.
struct page_request {
  std::string_view target;
  std::string_view accept_encoding;
  std::string_view if_none_match;
};

struct page_answer {
  unsigned status = 200;
  std::string_view content_type;   // empty: none
  std::string body;
  std::vector<std::string> headers;   // complete lines without their line ends
};

/// The page; for an address that ends in a slash the way to the one without.
page_answer answer_document(const page_config& config, const page_request& request);

/// The file of a target below /page/; 404 for those of another build.
page_answer answer_page_file(const page_config& config, const page_request& request);

}   // namespace cog

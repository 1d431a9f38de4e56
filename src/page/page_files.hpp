#pragma once
#include <span>
#include <string_view>

namespace cog {

/// A file of the page, as it is in this program.
struct page_file {
  std::string_view name;   // its path below /page/<hash>/, except for index.html, which is the document
  std::string_view bytes;
  std::string_view compressed;   // by gzip
  std::string_view content_type;
};

/// All of them, by name.
std::span<const page_file> page_files();

/// 12 hex digits over all of them: with other files come other addresses, so browsers may keep them for ever.
std::string_view page_hash();

}   // namespace cog

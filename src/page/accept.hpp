#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Whether an Accept header names HTML, and likes it better than JSON where it names that, too. Wildcards do not count,
/// so programs get JSON, and so does whoever sends a header that is malformed anywhere.
bool prefers_html(std::string_view accept);

/// Whether an Accept-Encoding header names gzip. One that is malformed names nothing.
bool accepts_gzip(std::string_view accept_encoding);

/// What an Accept header wants in place of JSON: a file as it is.
struct file_wish {
  std::vector<std::string> types;   // `image/png`, `image/*`
  bool takes_json = false;          // where there is no such file

  /// Whether a file of this media type is wanted.
  bool wants(std::string_view type) const;
};

/// Nothing when it names no type that it likes better than JSON, and when it is malformed. Neither JSON, HTML nor an
/// event stream is a file, and `*/*` asks for none.
std::optional<file_wish> read_file_wish(std::string_view accept);

}   // namespace cog

#pragma once
#include "io/base64.hpp"
#include <string>
#include <string_view>

namespace cog {

struct folder;

/// Decodes a data URL that stands in a JSON text, piece by piece, as Python's `urllib` does.
class data_url_decoder {
public:
  /// `token` is the JSON string, quotes included; it must be valid, begin with `data:` in any letter case, and stay.
  explicit data_url_decoder(std::string_view token);

  /// Lower case, without parameters; `text/plain` where none is given.
  const std::string& media_type() const { return media_type_; }

  /// The file's name as its parameter `name` gives it, percent-encoded; empty without one.
  const std::string& name() const { return name_; }

  /// Puts the next piece in the place of `bytes`. False at the end, and after a failure.
  bool next(std::string& bytes);

  /// What is wrong with the URL; empty when nothing is.
  const std::string& problem() const { return problem_; }

private:
  void read(size_t length);
  void decode_escaped(std::string& bytes);
  void parse_header(std::string header);

  std::string_view rest_;   // of the token's content, escaped
  std::string text_;        // unescaped, not used yet
  std::string plain_;       // percent-decoded, before base64
  bool base64_ = false;
  base64_decoder decoder_;
  std::string media_type_;
  std::string name_;
  std::string problem_;
};

/// What is wrong with a data URL; empty when nothing is. Costs as much as decoding it.
std::string data_url_problem(std::string_view token);

/// What became of a data URL.
struct decoded_file {
  std::string path;
  std::string problem;    // empty: all went well
  bool bad_url = false;   // the problem is in the URL
};

/// Decodes a data URL into a file of its own in `target`, named as the URL says or after its media type. `index`
/// tells the files of one prediction apart.
decoded_file store_data_url(std::string_view token, const folder& target, uint64_t index);

}   // namespace cog

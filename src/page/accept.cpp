#include "page/accept.hpp"
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>

namespace cog {

namespace {

constexpr int full_quality = 1000;

bool is_same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_token_letter(unsigned char letter) {
  return std::isalnum(letter) != 0 || std::string_view{"!#$%&'*+-.^_`|~"}.find(letter) != std::string_view::npos;
}

/// A quality in thousandths: 0 or 1 and up to three digits.
std::optional<int> read_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.'))
    return {};
  int quality = (text[0] - '0') * full_quality;
  text.remove_prefix(std::min<size_t>(text.size(), 2));
  for (int worth = full_quality / 10; !text.empty(); worth /= 10, text.remove_prefix(1)) {
    if (std::isdigit(static_cast<unsigned char>(text[0])) == 0)
      return {};
    quality += (text[0] - '0') * worth;
  }
  return quality <= full_quality ? std::optional{quality} : std::nullopt;
}

/// What a header lists, item by item (RFC 9110, 12.4 and 12.5).
class item_reader {
public:
  explicit item_reader(std::string_view text) : rest_{text} {
    // nop
  }

  struct item {
    std::string_view name;
    int quality = full_quality;   // in thousandths
  };

  /// The next one; nothing at the end, and where the header is malformed.
  std::optional<item> next() {
    while (skip_blanks() || skip(','))
      continue;
    if (rest_.empty())
      return {};
    item found;
    found.name = read([](unsigned char letter) { return is_token_letter(letter) || letter == '/'; });
    malformed_ = found.name.empty() || !read_parameters(found);
    return malformed_ ? std::nullopt : std::optional{found};
  }

  bool is_malformed() const { return malformed_; }

private:
  bool skip(char letter) {
    if (!rest_.starts_with(letter))
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool skip_blanks() {
    return !read([](unsigned char letter) { return letter == ' ' || letter == '\t'; }).empty();
  }

  template <class Predicate>
  std::string_view read(Predicate belongs) {
    auto end = static_cast<size_t>(std::find_if_not(rest_.begin(), rest_.end(), belongs) - rest_.begin());
    auto text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return text;
  }

  bool skip_quoted() {
    if (!skip('"'))
      return false;
    while (!rest_.empty() && !rest_.starts_with('"'))
      rest_.remove_prefix(std::min<size_t>(rest_.size(), rest_[0] == '\\' ? 2 : 1));
    return skip('"');
  }

  /// Up to the end of the item; an empty one between two `;` is none.
  bool read_parameters(item& found) {
    bool weighed = false;
    for (skip_blanks(); skip(';'); skip_blanks()) {
      skip_blanks();
      if (rest_.empty() || rest_[0] == ';' || rest_[0] == ',')
        continue;
      auto name = read(is_token_letter);
      if (name.empty() || !skip('='))
        return false;
      auto value = read(is_token_letter);
      if (!is_same(name, "q")) {
        if (value.empty() && !skip_quoted())
          return false;
        continue;
      }
      auto quality = read_quality(value);
      if (!quality || weighed)
        return false;
      weighed = true;
      found.quality = *quality;
    }
    return rest_.empty() || rest_[0] == ',';
  }

  std::string_view rest_;
  bool malformed_ = false;
};

bool is_media_range(std::string_view name) {
  auto slash = name.find('/');
  return slash != name.npos && slash > 0 && slash + 1 < name.size() && name.find('/', slash + 1) == name.npos;
}

}   // namespace

bool prefers_html(std::string_view accept) {
  int html = 0;
  int json = -1;
  bool html_first = false;
  item_reader items{accept};
  while (auto item = items.next()) {
    if (!is_media_range(item->name))
      return false;
    if (is_same(item->name, "text/html") || is_same(item->name, "application/xhtml+xml")) {
      html_first = html_first || (json < 0 && item->quality > 0);
      html = std::max(html, item->quality);
    } else if (is_same(item->name, "application/json")) {
      json = std::max(json, item->quality);
    }
  }
  return !items.is_malformed() && html > 0 && (html > json || (html == json && html_first));
}

bool file_wish::wants(std::string_view type) const {
  type = type.substr(0, type.find_first_of("; "));
  return std::any_of(types.begin(), types.end(), [&](std::string_view wanted) {
    bool any = wanted.ends_with("/*");
    auto length = wanted.size() - 1;
    return any ? is_same(wanted.substr(0, length), type.substr(0, length)) : is_same(wanted, type);
  });
}

std::optional<file_wish> read_file_wish(std::string_view accept) {
  file_wish wish;
  int json = 0;
  std::vector<item_reader::item> others;
  item_reader items{accept};
  while (auto item = items.next()) {
    if (!is_media_range(item->name))
      return {};
    if (is_same(item->name, "application/json")) {
      json = std::max(json, item->quality);
      wish.takes_json = true;
    } else if (!is_same(item->name, "*/*") && !is_same(item->name, "text/html") &&
               !is_same(item->name, "application/xhtml+xml") && !is_same(item->name, "text/event-stream")) {
      others.push_back(*item);
    }
  }
  for (auto& item : others)
    if (item.quality > json)
      wish.types.emplace_back(item.name);
  return items.is_malformed() || wish.types.empty() ? std::nullopt : std::optional{std::move(wish)};
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool accepted = false;
  item_reader items{accept_encoding};
  while (auto item = items.next())
    accepted = accepted || (is_same(item->name, "gzip") && item->quality > 0);
  return accepted && !items.is_malformed();
}

}   // namespace cog

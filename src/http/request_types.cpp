#include "http/request.hpp"
#include "prediction/header_value.hpp"
#include <algorithm>
#include <boost/beast/core/string.hpp>

// What the media types of a request say.

namespace cog {

namespace beast = boost::beast;

namespace {

std::string_view type_of(std::string_view content_type) {
  return content_type.substr(0, content_type.find_first_of("; \t"));
}

}   // namespace

bool http_request::is_json() const {
  std::string_view type{content_type};
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ')
    type.remove_suffix(1);
  constexpr std::string_view prefix = "application/";
  if (type.size() <= prefix.size() || !beast::iequals({type.data(), prefix.size()}, prefix))
    return false;
  type.remove_prefix(prefix.size());
  constexpr std::string_view suffix = "+json";
  return beast::iequals(type, "json") ||
    (type.size() > suffix.size() && beast::iequals(type.substr(type.size() - suffix.size()), suffix));
}

bool http_request::is_form() const {
  return is_same_word(type_of(content_type), "multipart/form-data");
}

bool http_request::is_raw() const {
  auto type = type_of(content_type);
  auto slash = type.find('/');
  return slash != type.npos && slash > 0 && slash + 1 < type.size() && !is_json() &&
    !is_same_word(type.substr(0, slash), "multipart") && !is_same_word(type, "text/plain") &&
    !is_same_word(type, "application/x-www-form-urlencoded");
}

bool http_request::accepts_event_stream() const {
  std::string_view rest{accept};
  while (!rest.empty()) {
    auto item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    auto begin = item.find_first_not_of(" \t");
    auto end = item.find_last_not_of(" \t");
    if (begin == std::string_view::npos)
      continue;
    item = item.substr(begin, end - begin + 1);
    if (item.substr(0, item.find(';')) == "text/event-stream")
      return true;
  }
  return false;
}

}   // namespace cog

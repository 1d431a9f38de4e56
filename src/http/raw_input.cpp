#include "http/raw_input.hpp"
#include "http/request.hpp"
#include "io/media_type.hpp"
#include "prediction/form.hpp"
#include "prediction/header_value.hpp"
#include "prediction/input_schema.hpp"
#include "prediction/percent.hpp"
#include "prediction/raw_input_name.hpp"
#include <algorithm>
#include <vector>

namespace cog {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (auto& name : names)
    text += (text.empty() ? "`" : ", `") + name + "`";
  return text;
}

/// Of `image/*, .png`.
bool is_accepted(std::string_view accept, std::string_view type) {
  while (!accept.empty()) {
    auto item = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), item.size() + 1));
    auto begin = std::min(item.find_first_not_of(" \t"), item.size());
    item = item.substr(begin, item.find_last_not_of(" \t") + 1 - begin);
    auto wanted = item.starts_with('.') ? known_media_type(item.size() > 1 ? std::string{"x"}.append(item) : "") : item;
    bool any = wanted.ends_with("/*");
    if (item == "*/*" || is_same_word(wanted, type) ||
        (any && is_same_word(wanted.substr(0, wanted.size() - 1), type.substr(0, wanted.size() - 1))))
      return true;
  }
  return false;
}

std::string decoded(std::string_view text) {
  std::string spaced{text}, out;
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  percent_decode(spaced, true, out);
  return out;
}

void add_query(std::string_view target, form& inputs) {
  auto query = target.substr(std::min(target.find('?'), target.size()));
  while (!query.empty()) {
    query.remove_prefix(1);
    auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size());
    auto equals = pair.find('=');
    if (!pair.empty())
      inputs.add_text(decoded(pair.substr(0, equals)), equals == pair.npos ? "" : decoded(pair.substr(equals + 1)));
  }
}

}   // namespace

std::string begin_raw(const http_request& request, const input_schema* schema, form& inputs) {
  auto names = schema ? file_input_names(*schema) : std::vector<std::string>{};
  if (names.empty())
    return std::string{only_json};
  auto name = raw_input_name(*schema);
  if (name.empty())
    return "The body cannot be one file: the model has the file inputs " + joined(names) +
      "; send them as parts of a multipart/form-data body, or as URLs with `Content-Type: application/json`";
  std::string_view type{request.content_type};
  type = type.substr(0, type.find_first_of("; \t"));
  auto& accept = schema->node(schema->property(name)->second).accept;
  if (!accept.empty() && !is_accepted(accept, type))
    return "The input `" + name + "` takes " + accept + ", not " + std::string{type};
  add_query(request.target, inputs);
  inputs.on_part({name, "", request.content_type});
  return {};
}

}   // namespace cog

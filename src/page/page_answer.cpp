#include "page/page_answer.hpp"
#include "page/accept.hpp"
#include "page/page_files.hpp"
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace cog {

namespace {

constexpr std::string_view prefix = "/page/";
constexpr std::string_view document_name = "index.html";
constexpr std::string_view hash_mark = "HASH";   // in a document that was not embedded

/// Cuts off and returns what stands before the first `separator`.
std::string_view next(std::string_view& rest, char separator) {
  auto end = rest.find(separator);
  auto part = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

/// `https://host:port` of a URL; empty if it has none.
std::string_view origin_of(std::string_view url) {
  auto host = url.find("://");
  if (host == url.npos || url.find_first_of(" ;,'\"") != url.npos)
    return {};
  return url.substr(0, url.find_first_of("/?#", host + 3));
}

std::string policy_of(const page_config& config) {
  std::string media = " 'self' data: blob:";
  for (auto& url : config.media)
    if (auto origin = origin_of(url); !origin.empty() && origin.find('@') == origin.npos)
      (media += ' ') += origin;
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src" + media + "; media-src" + media +
    "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'";
}

const page_file* find_file(std::string_view name) {
  for (auto& file : page_files())
    if (file.name == name)
      return &file;
  return nullptr;
}

/// For people who work on the page. The name has letters, digits, `_`, `-`, and dots and
/// slashes within.
std::optional<std::string> read_file(const std::string& folder, std::string_view name) {
  auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_plain) || name.find("..") != name.npos)
    return {};
  auto path = std::filesystem::path{folder} / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return {};
  std::ifstream file{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".css"))
    return "text/css; charset=utf-8";
  return name.ends_with(".js") ? "text/javascript; charset=utf-8" : "application/octet-stream";
}

page_answer not_found(std::string_view why) {
  page_answer answer;
  answer.status = 404;
  answer.content_type = why.empty() ? "" : "text/plain; charset=utf-8";
  answer.body = why;
  return answer;
}

/// Of `/docs/` to `/docs`, where the relative addresses of the document are right, with a prefix before them as well.
std::optional<page_answer> redirect(std::string_view target) {
  auto path = target.substr(0, target.find('?'));
  auto query = target.substr(path.size());
  if (path.size() < 2 || !path.ends_with('/'))
    return {};
  path.remove_suffix(1);
  page_answer answer;
  answer.status = 307;
  answer.headers = {"location: .." + std::string{path.substr(path.rfind('/'))}.append(query), "vary: Accept"};
  return answer;
}

/// The file in the coding that the client takes, or 304.
page_answer answer_embedded(const page_file& file, const page_request& request) {
  page_answer answer;
  bool packed = accepts_gzip(request.accept_encoding);
  auto tag = '"' + std::string{page_hash()} + (packed ? "-gzip\"" : "\"");
  answer.headers = {"etag: " + tag, "vary: Accept-Encoding", "x-content-type-options: nosniff",
                    "cache-control: public, max-age=31536000, immutable"};
  if (request.if_none_match.find(tag) != std::string_view::npos) {
    answer.status = 304;
    return answer;
  }
  answer.content_type = file.content_type;
  answer.body = packed ? file.compressed : file.bytes;
  if (packed)
    answer.headers.emplace_back("content-encoding: gzip");
  return answer;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
}

}   // namespace

page_answer answer_document(const page_config& config, const page_request& request) {
  if (auto answer = redirect(request.target))
    return *answer;
  auto embedded = find_file(document_name);
  page_answer answer;
  answer.content_type = embedded->content_type;
  answer.body = embedded->bytes;
  if (!config.folder.empty()) {
    auto text = read_file(config.folder, document_name);
    if (!text)
      return not_found("COG_PAGE_DIR has no index.html");
    answer.body = std::move(*text);
    replace(answer.body, hash_mark, page_hash());
  }
  if (config.mode != "on") {
    replace(answer.body, "data-mode=\"on\"", "data-mode=\"" + config.mode + "\"");
  } else if (config.folder.empty() && accepts_gzip(request.accept_encoding)) {
    answer.body = embedded->compressed;
    answer.headers.emplace_back("content-encoding: gzip");
  }
  for (auto line : {"vary: Accept, Accept-Encoding", "cache-control: no-cache", "referrer-policy: no-referrer",
                    "x-content-type-options: nosniff", "cross-origin-opener-policy: same-origin",
                    "permissions-policy: camera=(self), microphone=(self), geolocation=()"})
    answer.headers.emplace_back(line);
  answer.headers.push_back("content-security-policy: " + policy_of(config));
  return answer;
}

page_answer answer_page_file(const page_config& config, const page_request& request) {
  auto name = request.target.substr(0, request.target.find('?'));
  name.remove_prefix(std::min(prefix.size(), name.size()));
  auto hash = next(name, '/');
  if (hash != page_hash())
    return not_found("The server was updated, reload the page");
  if (!config.folder.empty()) {
    if (auto text = read_file(config.folder, name)) {
      page_answer answer;
      answer.content_type = type_of(name);
      answer.body = std::move(*text);
      answer.headers = {"cache-control: no-store", "x-content-type-options: nosniff"};
      return answer;
    }
  }
  auto file = find_file(name);
  return file && name != document_name ? answer_embedded(*file, request) : not_found({});
}

}   // namespace cog

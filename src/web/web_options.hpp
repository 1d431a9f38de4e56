#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cog {

/// How we reach the web.
struct web_options {
  std::string user_agent;      // of downloads
  std::string ca_file;         // empty: libcurl's own choice
  std::string http_proxy;      // for http URLs, unless the variables that libcurl reads itself name one
  uint64_t max_bytes = 0;      // of the decoded content of a download; 0: no limit
  long connect_timeout = 10;   // seconds
  long idle_timeout = 10;      // seconds without a byte, of a download
  std::chrono::milliseconds upload_pause{500};     // before the second attempt of an upload; doubles
  std::chrono::milliseconds upload_news{10'000};   // of an upload that goes on for so long are logged; doubles
  std::vector<std::string> webhook_secrets;        // that sign webhooks; empty: nobody does
  bool public_only = false;   // COG_FORBID_PRIVATE_URLS; then no proxy is used: what is behind one cannot be checked
};

/// What the environment says: COG_USER_AGENT, the CA file, HTTP_PROXY.
web_options web_options_from_environment();

/// The first file that exists of those named by SSL_CERT_FILE, CURL_CA_BUNDLE and REQUESTS_CA_BUNDLE, and of the places
/// where distributions keep it; empty if there is none.
std::string find_ca_file();

/// Whether the environment names a proxy.
bool has_proxy();

}   // namespace cog

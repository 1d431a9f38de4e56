#include "web/web_options.hpp"
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

namespace cog {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}   // namespace

web_options web_options_from_environment() {
  web_options options;
  options.user_agent = environment("COG_USER_AGENT");
  if (options.user_agent.empty())
    options.user_agent = "cog-cpp/0.1.0";
  options.ca_file = find_ca_file();
  // libcurl looks only at http_proxy and all_proxy here; Python's requests takes the upper-case name, too.
  if (environment("http_proxy").empty() && environment("all_proxy").empty())
    options.http_proxy = environment("HTTP_PROXY");
  return options;
}

std::string find_ca_file() {
  for (auto& path : {environment("SSL_CERT_FILE"), environment("CURL_CA_BUNDLE"), environment("REQUESTS_CA_BUNDLE"),
                     std::string{"/etc/ssl/certs/ca-certificates.crt"}, std::string{"/etc/pki/tls/certs/ca-bundle.crt"},
                     std::string{"/etc/ssl/cert.pem"}}) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error))
      return path;
  }
  return {};
}

bool has_proxy() {
  constexpr std::array names{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  return std::any_of(names.begin(), names.end(), [](auto* name) { return !environment(name).empty(); });
}

}   // namespace cog

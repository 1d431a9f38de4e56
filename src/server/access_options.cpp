#include "server/access_options.hpp"
#include "web/webhook_signature.hpp"
#include <algorithm>
#include <charconv>
#include <sstream>
#include <stdexcept>

namespace cog {

namespace {

/// Returns what is wrong. A variable that is set and empty is wrong, too: whoever sets it wants the server closed.
std::string read_keys(const environment& variable, server_options& options) {
  std::string problem;
  if (auto lines = variable("COG_API_KEYS")) {
    auto keys = read_api_keys(*lines, problem);
    if (!keys)
      return "COG_API_KEYS: " + problem;
    options.keys = std::move(*keys);
  }
  if (auto key = variable("COG_API_KEY")) {
    if (key->empty() || key->find_first_of(" \t\r\n") != key->npos)
      return "COG_API_KEY must be one word";
    api_key only;
    only.name = "default";
    only.digest = digest_of(*key);
    options.keys.push_back(std::move(only));
  }
  if (auto file = variable("COG_API_KEYS_FILE")) {
    if (file->empty())
      return "COG_API_KEYS_FILE names no file";
    options.key_file = *file;
  }
  return {};
}

/// `ADDRESS:PORT` or `[ADDRESS]:PORT`.
std::string read_probe_port(const environment& variable, server_options& options) {
  auto text = variable("COG_METRICS_LISTEN").value_or("");
  if (text.empty())
    return {};
  auto colon = text.rfind(':');
  auto number = colon == text.npos ? std::string{} : text.substr(colon + 1);
  auto* last = number.data() + number.size();
  auto [end, error] = std::from_chars(number.data(), last, options.probe_port);
  if (number.empty() || colon == 0 || error != std::errc{} || end != last)
    return "COG_METRICS_LISTEN=" + text + " is no ADDRESS:PORT";
  options.probe_host = text.substr(0, colon);
  return {};
}

/// As browsers write it: `https://name` or `https://name:port`, in lower case.
bool is_origin(const std::string& text) {
  auto scheme = text.find("://");
  if (scheme == text.npos || scheme == 0 || text.size() == scheme + 3)
    return false;
  auto rest = text.substr(scheme + 3);
  auto odd = [](unsigned char letter) { return letter <= ' ' || letter == '/' || (letter >= 'A' && letter <= 'Z'); };
  return std::none_of(rest.begin(), rest.end(), odd);
}

std::string read_origins(const environment& variable, server_config& config) {
  std::istringstream rest{variable("COG_CORS_ORIGINS").value_or("")};
  for (std::string item; std::getline(rest, item, ',');) {
    std::erase(item, ' ');
    if (item.empty())
      continue;
    if (item != "*" && !is_origin(item))
      return "COG_CORS_ORIGINS: `" + item + "` is no origin such as https://a.example, and not *";
    config.cors_origins.push_back(std::move(item));
  }
  return {};
}

}   // namespace

std::string read_access_options(const environment& variable, server_options& options) {
  auto& config = options.config;
  std::string problem;
  auto secrets = read_webhook_secrets(variable("COG_WEBHOOK_SECRET").value_or(""), problem);
  if (!secrets)
    return "COG_WEBHOOK_SECRET: " + problem;
  config.webhook_secrets = std::move(*secrets);
  for (auto& wrong : {read_keys(variable, options), read_probe_port(variable, options), read_origins(variable, config)})
    if (!wrong.empty())
      return wrong;
  if (options.needs_keys() && variable("COG_SHUTDOWN").value_or("").empty())
    config.shutdown = "admin";
  if (config.shutdown == "admin" && !options.needs_keys())
    return "COG_SHUTDOWN=admin needs API keys (COG_API_KEYS_FILE)";
  return {};
}

std::shared_ptr<key_ring> make_key_ring(const server_options& options, key_file& file) {
  if (!options.needs_keys())
    return nullptr;
  auto keys = options.keys;
  if (!options.key_file.empty()) {
    std::string problem;
    auto read = file.read(problem);
    if (!read)
      throw std::runtime_error{"COG_API_KEYS_FILE=" + options.key_file + ": " + problem};
    keys.insert(keys.end(), read->begin(), read->end());
  }
  return std::make_shared<key_ring>(std::move(keys));
}

}   // namespace cog

#pragma once
#include "io/net.hpp"
#include <string>

namespace cog::bench {

/// A server to be asked.
struct target {
  net::ip::tcp::endpoint address;
  std::string host;      // as the header `Host` has it
  std::string path;      // before that of every request; no slash at its end
  bool remote = false;   // some address of the name is not loopback

  std::string url() const { return "http://" + host + path; }
};

/// Is it `http://...`, or another scheme?
bool is_url(const std::string& text);

/// Finds the server of an `http://` URL: of several addresses the first where somebody listens. Throws command_error
/// when the URL is none, or names nobody.
target find_target(const std::string& url);

/// Throws command_error, saying what to do, when the target is another machine.
void refuse_remote(const target& where);

}   // namespace cog::bench

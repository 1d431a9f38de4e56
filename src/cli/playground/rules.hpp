#pragma once
#include "io/net.hpp"
#include <optional>
#include <string>
#include <string_view>

namespace cog::playground {

/// The server that requests are passed on to: its URL without a slash at the end, or what is wrong with it.
struct target {
  std::string url;
  std::string problem;   // empty: none
};

/// `http://` or `https://`, a host, perhaps a port and a path; no user, query or fragment.
target parse_target(std::string_view text);

/// The host of such a URL, with its port.
std::string_view host_of(std::string_view url);

/// What a request says of who sent it.
struct visitor {
  net::ip::address peer;
  std::string_view host;         // the Host field
  std::string_view origin;       // empty: none
  std::string_view fetch_site;   // Sec-Fetch-Site, likewise
  bool navigates = false;        // a person opens the document: by a link, a bookmark or by typing
};

/// `localhost` or an address that stands for this machine, with or without a port.
bool is_loopback_host(std::string_view host);
bool is_loopback(const net::ip::address& peer);

/// Why a request is not for this visitor; empty when it is. Everything is for people and programs of this machine, and for
/// no page but our own, whatever address we listen on.
std::string_view refusal_of(const visitor& who);

/// Whether a header field of a request goes to the target. The key that a person typed does; what a browser adds by
/// itself does not: cookies, other credentials, where it comes from.
bool passes_to_target(std::string_view name, std::string_view value);

/// Whether a header field of an answer goes to the page. Nothing that makes a browser store something for our address,
/// ask for a password or go elsewhere does.
bool passes_to_page(std::string_view name);

/// Whether it is one that a page may have chosen for the webhooks that it wants to see.
bool is_token(std::string_view text);

/// The value of a query's parameter as it stands.
std::string_view parameter(std::string_view query, std::string_view name);

}   // namespace cog::playground

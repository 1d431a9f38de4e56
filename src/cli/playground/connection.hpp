#pragma once
#include "cli/playground/client_stream.hpp"
#include "cli/playground/request_reader.hpp"
#include "cli/playground/server.hpp"
#include "io/net.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cog::playground {

/// Answers the requests of one connection, one after the other.
class connection {
public:
  connection(shared_state& shared, unique_fd socket, net::ip::address peer);

  void run();

private:
  /// Each returns whether another request may follow.
  bool answer_next();
  bool route(request_reader& request, std::string_view path, std::string_view query);
  bool answer_page(request_reader& request, std::string_view path);
  bool pass_on(request_reader& request, std::string_view path_and_query);
  bool take_webhook(request_reader& request, std::string_view token);
  bool receive_webhook(request_reader& request, const std::string& token);
  bool tell_events(request_reader& request, const std::string& token);

  bool answer(request_reader& request, unsigned status, std::string_view type, std::string_view body,
              std::vector<std::string> headers = {});
  bool refuse(request_reader& request, unsigned status, std::string_view why, std::vector<std::string> headers = {});

  shared_state& shared_;
  client_stream client_;
  net::ip::address peer_;
};

}   // namespace cog::playground

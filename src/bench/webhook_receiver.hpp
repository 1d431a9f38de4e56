#pragma once
#include "bench/settings.hpp"
#include "bench/verdict.hpp"
#include "io/net.hpp"
#include <functional>
#include <memory>
#include <string>

namespace cog::bench {

/// Takes webhooks on a port of its own. The path of each is `/` and the number of its request.
class webhook_receiver {
public:
  using handler = std::function<void(uint64_t number, prediction_end end, std::string_view body)>;

  /// Listens on this address of the machine. Throws command_error.
  webhook_receiver(net::io_context& io, const std::string& address);
  ~webhook_receiver();

  /// The URL up to the number.
  std::string url() const;

  /// Who is told of each webhook of a prediction that has ended; empty: nobody.
  void tell(handler on_webhook) { *on_webhook_ = std::move(on_webhook); }

private:
  void accept();

  net::ip::tcp::acceptor acceptor_;
  std::string host_;
  std::shared_ptr<handler> on_webhook_ = std::make_shared<handler>();
};

}   // namespace cog::bench

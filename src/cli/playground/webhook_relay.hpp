#pragma once
#include "io/unique_fd.hpp"
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cog::playground {

/// Brings webhooks to the pages that wait for them; any thread may call it.
class webhook_relay {
public:
  /// A page that waits: it names a token that nobody else knows, and gets what is sent to that.
  class listener {
  public:
    listener();

    /// Readable when there is something to take.
    int descriptor() const { return ready_.get(); }

    /// All that has come since the last call.
    std::deque<std::string> take();

  private:
    friend webhook_relay;
    bool put(const std::string& event);

    std::mutex mutex_;
    std::deque<std::string> events_;
    size_t bytes_ = 0;
    unique_fd ready_;
  };

  /// It listens for as long as somebody holds it.
  std::shared_ptr<listener> listen(const std::string& token);

  bool is_awaited(const std::string& token);

  enum class outcome { taken, nobody, full };
  outcome deliver(const std::string& token, const std::string& event);

private:
  std::vector<std::shared_ptr<listener>> find(const std::string& token);

  std::mutex mutex_;
  std::multimap<std::string, std::weak_ptr<listener>> listeners_;
};

}   // namespace cog::playground

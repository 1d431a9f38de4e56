#pragma once
#include <chrono>
#include <curl/curl.h>
#include <memory>
#include <vector>

namespace cog {

/// Many transfers at once on one thread. Only `wake` may be called by other threads.
class curl_multi {
public:
  struct outcome {
    CURL* which;
    CURLcode code;
  };

  curl_multi();

  void add(CURL* which);
  void remove(CURL* which);

  /// Moves all on as far as they go without waiting; returns those that have ended, which are removed.
  std::vector<outcome> perform();

  /// Waits until `perform` has something to do, somebody calls `wake`, or that moment has come.
  void wait(std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max());
  void wake();

private:
  struct cleanup {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  std::unique_ptr<CURLM, cleanup> multi_;
};

}   // namespace cog

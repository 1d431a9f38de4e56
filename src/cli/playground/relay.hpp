#pragma once
#include "cli/playground/answer_head.hpp"
#include "cli/playground/client_stream.hpp"
#include "cli/playground/request_reader.hpp"
#include <array>
#include <curl/curl.h>
#include <memory>
#include <string>

namespace cog::playground {

/// Passes one request on to a target and its answer back, each piece when it comes: neither is held whole. When the client
/// leaves, the target's connection is closed, too.
class relay {
public:
  relay(client_stream& client, request_reader& request);
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  enum class outcome {
    answered,      // whole
    unreachable,   // nothing has been said to the client; `problem` tells why
    broken,        // the client has left, or has a part of the answer
  };

  /// `url`: with the path and the query. Blocks until all is done.
  outcome run(const std::string& url);

  const std::string& problem() const { return problem_; }

  /// Whether the client was told that another request may follow.
  bool keeps_alive() const { return keeps_alive_; }

private:
  static size_t on_line(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static size_t on_read(char* into, size_t size, size_t count, void* self);

  void set_request(const std::string& url);
  CURLcode transfer();
  bool send_piece(std::string_view piece);
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  client_stream& client_;
  request_reader& request_;
  answer_head head_;
  bool for_head_;
  bool begun_ = false;   // the client has got something
  bool keeps_alive_ = false;
  std::string piece_;
  std::string problem_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
};

}   // namespace cog::playground

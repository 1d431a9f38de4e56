#pragma once
#include "http/exchange.hpp"
#include "http/rules.hpp"
#include "http/services.hpp"
#include "prediction/api_config.hpp"
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What a request in the protocol of somebody else is answered by. A dialect is rows of one table (dialect_table.cpp);
// it has no queue, no worker and nothing that outlives its request.

namespace cog {

class http_request;

/// In the order of `dialect_names`.
enum class dialect : uint8_t { openai, kserve, sagemaker, vertex, azure, huggingface, replicate };

/// What a request and its answer may use; all of it lives longer.
struct dialect_scene {
  http_request& request;
  const http_rules& rules;
  services& server;
  exchange_client& client;
};

/// One request in a dialect, from the moment it is there until its answer is written.
class dialect_call {
public:
  virtual ~dialect_call() = default;

  virtual void handle() = 0;
  /// Of the prediction it follows.
  virtual void on_event(const event_ptr&) {}
  /// The client has left before all of the answer was written.
  virtual void leave() {}
  /// Empty: none, or not yet.
  virtual const std::string& prediction_id() const = 0;
};

struct dialect_row;
/// What the `{}` of a row's pattern stand for, percent-decoded.
using path_words = std::vector<std::string>;
using dialect_maker = std::unique_ptr<dialect_call> (*)(const dialect_scene&, const dialect_row&, path_words);

struct dialect_row {
  dialect which;
  std::string_view method;    // GET counts for HEAD, too
  std::string_view pattern;   // `{}` is one segment of a path
  access needs;
  dialect_maker make;

  /// Whether its requests make predictions: every POST does but a cancel.
  bool creates() const { return method == "POST" && !pattern.ends_with("/cancel"); }
};

struct dialect_match {
  const dialect_row* row = nullptr;   // null: no row has this path, or none for this method
  path_words words;
  std::string allow;   // the methods of a path that is known
  dialect which = dialect::openai;
};

/// The row of a request, whose query is ignored, among those of the dialects that are served.
dialect_match find_dialect(std::string_view method, std::string_view target, const api_config& served);

/// The row of a request that Vertex AI's environment has given a path of its own; null: it is none.
const dialect_row* find_vertex(std::string_view method, std::string_view target, const server_config& config);

/// The answer to a path that is known, but not for this method.
std::unique_ptr<dialect_call> make_wrong_method(const dialect_scene& scene, const dialect_match& match);

}   // namespace cog

#pragma once
#include "cli/engine/engine.hpp"
#include "cli/model/client.hpp"
#include "cli/model/server_output.hpp"
#include "cli/wait_notice.hpp"
#include "json/json_tree.hpp"
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cog {

/// A model's server, started by us and stopped when this ends. Every wait is given up with silent_exit when a signal
/// asks us to stop, and with command_error when the server has ended.
class started_model {
public:
  started_model(engine& where, run_plan plan, const console& messages);
  started_model(const started_model&) = delete;
  ~started_model();

  /// Waits until the model can be asked. Throws command_error after `limit`, and when the setup has failed, saying why.
  void wait_until_ready(std::chrono::seconds limit);

  /// Where the server listens, once the model can be asked.
  const std::string& url() const { return client_->url(); }

  /// From now on what the server prints is shown while nobody waits for it here.
  void show_output() { output_.leave(true); }

  /// The model's OpenAPI document.
  std::string document();

  using chunk_handler = std::function<void(std::string_view json)>;

  /// The answer of `POST endpoint`: the prediction as JSON. Throws command_error for any status but 200. The
  /// prediction's log goes to standard error.
  std::string create(const std::string& endpoint, const std::string& body);

  /// The same as a stream; `on_chunk` gets each output when it comes.
  std::string create_streaming(const std::string& endpoint, const std::string& body, const chunk_handler& on_chunk);

  /// The same for whoever looks on: the log is shown while it grows, and `on_chunk`, unless it is empty, gets the items
  /// of a list when they are seen. Needs a server that tells of what runs; of others it is `create`.
  std::string create_and_watch(const std::string& endpoint, const std::string& body, const chunk_handler& on_chunk);

private:
  enum class state : uint8_t { not_yet, starting, ready };
  struct view;

  state ask_health();
  [[noreturn]] void fail_setup(const json_value& health);
  void start_again_without_gpu();
  bool is_to_stop();
  void check_alive();
  http_answer ask(const http_question& question);
  http_answer ask_telling(http_question question, const std::function<std::string()>& look);
  std::string look_at(model_client& watcher, const std::string& path, view& seen, const chunk_handler& on_chunk) const;
  void show_new(const json_value& prediction, view& seen, const chunk_handler& on_chunk) const;
  void wait_a_moment();
  std::string accept_answer(const http_answer& answer, const std::string& endpoint) const;

  interrupts signals_;
  engine& where_;
  run_plan plan_;
  const console& messages_;
  server_output output_;
  std::unique_ptr<running> program_;
  std::optional<model_client> client_;
};

}   // namespace cog

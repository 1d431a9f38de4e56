#pragma once
#include "actors/messages.hpp"

namespace cog {

/// Makes the files of one prediction's input.
struct inputs_state {
  void begin(const files_actor& files);
  caf::result<prepared_ptr> prepare();
  void give_up();

  inputs_actor::pointer self;
  request_ptr request;
  transfer_actor transfers;
  folder_ptr target;
  std::vector<std::string> paths;   // by the order of `request->files`
  size_t missing = 0;               // paths to come
  caf::error failure;               // the first
  std::vector<caf::typed_response_promise<prepared_ptr>> askers;

  static inline const char* name = "inputs";

private:
  void take(size_t index, const caf::expected<std::string>& path);
  void answer();
  prepared_ptr make_result() const;
};

/// Starts at once and ends by itself when it has answered. Ended before, it gives up its downloads.
inputs_actor::behavior_type inputs(inputs_actor::stateful_pointer<inputs_state> self, request_ptr request,
                                   files_actor files, transfer_actor transfers, folder_ptr target);

}   // namespace cog

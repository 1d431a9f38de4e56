#pragma once
#include "actors/caf.hpp"
#include "actors/messages.hpp"

namespace cog {

/// Makes the files of one prediction's input.
struct input_files_state {
  void begin(const files_actor& files);
  caf::result<prepared_ptr> prepare();
  void give_up();

  input_files_actor::pointer self;
  request_ptr request;
  transfer_actor transfers;
  folder_ptr target;
  std::vector<std::string> paths;   // by the order of `request->files`
  size_t missing = 0;               // paths to come
  caf::error failure;               // the first
  std::vector<caf::typed_response_promise<prepared_ptr>> askers;

  static inline const char* name = "input_files";

private:
  void take(size_t index, const caf::expected<std::string>& path);
  void answer();
  prepared_ptr make_result() const;
};

/// Adds what is wrong with the data URLs of a request to its errors, as far as a look tells: long ones are not looked
/// into, they fail when they are decoded.
void check_data_urls(prediction_request& request);

/// Starts at once and ends by itself when it has answered. Ended before, it gives up its downloads.
input_files_actor::behavior_type input_files(input_files_actor::stateful_pointer<input_files_state> self,
                                             request_ptr request, files_actor files, transfer_actor transfers,
                                             folder_ptr target);

}   // namespace cog

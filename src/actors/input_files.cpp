#include "actors/input_files.hpp"
#include "actors/files.hpp"
#include "io/data_url.hpp"
#include "io/text.hpp"
#include "json/json_text.hpp"
#include <algorithm>

namespace cog {

namespace {

constexpr size_t inline_limit = 256 * 1024;   // bytes of a data URL; larger ones go to `files`

bool is_data_url(std::string_view token) {
  constexpr std::string_view scheme = "data:";
  std::string start;
  unescape_part(token.substr(1, 6 * scheme.size()), start);
  return start.size() >= scheme.size() &&
    std::equal(scheme.begin(), scheme.end(), start.begin(), [](char a, char b) { return a == (b | 0x20) || a == b; });
}

/// Errors of our own stay; what CAF reports when an actor is gone becomes one of ours.
caf::error to_own(const caf::error& error) {
  return make_error(code_of(error), text_of(error));
}

}   // namespace

void input_files_state::begin(const files_actor& files) {
  missing = request->files.size();
  paths.resize(missing);
  for (size_t index = 0; index < paths.size() && !failure; ++index) {
    auto& value = request->files[index];
    if (!value.path.empty()) {
      take(index, value.path);
      continue;
    }
    auto token = std::string_view{request->body}.substr(value.at.offset, value.at.length);
    input_job job{request, value, target, index};
    auto done = [this, index](const std::string& path) { take(index, path); };
    auto failed = [this, index](const caf::error& error) { take(index, to_own(error)); };
    if (!is_data_url(token))
      self->request(transfers, caf::infinite, atom::fetch_v, job).then(done, failed);
    else if (token.size() <= inline_limit)
      take(index, store_input(job));
    else
      self->request(files, caf::infinite, atom::decode_v, job).then(done, failed);
  }
}

caf::result<prepared_ptr> input_files_state::prepare() {
  askers.push_back(self->make_response_promise<prepared_ptr>());
  auto promise = askers.back();
  if (missing == 0 || failure)
    answer();
  return promise;
}

void input_files_state::give_up() {
  if (missing > 0)
    self->send(transfers, atom::cancel_v, target->path);
  for (auto& asker : askers)
    asker.deliver(make_error(errc::canceled));
  askers.clear();
}

void input_files_state::take(size_t index, const caf::expected<std::string>& path) {
  if (failure)
    return;
  if (path) {
    paths[index] = *path;
    --missing;
  } else {
    failure = path.error();
    self->send(transfers, atom::cancel_v, target->path);
  }
  if (!askers.empty() && (missing == 0 || failure))
    answer();
}

void input_files_state::answer() {
  auto result = failure ? nullptr : make_result();
  for (auto& asker : askers) {
    if (failure)
      asker.deliver(failure);
    else
      asker.deliver(result);
  }
  askers.clear();
  self->quit();
}

prepared_ptr input_files_state::make_result() const {
  auto result = std::make_shared<prepared_input>();
  result->holder = target;
  std::string_view body = request->body;
  auto at = request->input.offset;
  for (size_t index = 0; index < paths.size(); ++index) {
    auto& value = request->files[index];
    result->json += body.substr(at, value.at.offset - at);
    append_json_string(result->json, paths[index]);
    result->pointers.push_back(value.pointer);
    at = value.at.offset + value.at.length;
  }
  result->json += body.substr(at, request->input.offset + request->input.length - at);
  result->memory = request->memory.another(result->json.size());
  return result;
}

void check_data_urls(prediction_request& request) {
  for (auto& file : request.files) {
    auto token = std::string_view{request.body}.substr(file.at.offset, file.at.length);
    if (!file.path.empty() || token.size() > inline_limit || !is_data_url(token))
      continue;
    if (auto problem = data_url_problem(token); !problem.empty())
      request.errors.push_back({file.pointer.substr(1), "not a sound data URL: " + problem, "value_error"});
  }
}

input_files_actor::behavior_type input_files(input_files_actor::stateful_pointer<input_files_state> self,
                                             request_ptr request, files_actor files, transfer_actor transfers,
                                             folder_ptr target) {
  auto& state = self->state;
  state.self = self;
  state.request = std::move(request);
  state.transfers = std::move(transfers);
  state.target = std::move(target);
  self->set_exit_handler([self](const caf::exit_msg& message) {
    self->state.give_up();
    self->quit(message.reason);
  });
  state.begin(files);
  return {
    [self](atom::prepare) { return self->state.prepare(); },
  };
}

}   // namespace cog

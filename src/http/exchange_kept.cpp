#include "http/exchange.hpp"
#include "http/ownership.hpp"
#include "http/file_answer.hpp"
#include "http/request.hpp"
#include "io/text.hpp"
#include <array>
#include <charconv>

// What can be had of a prediction that somebody else has made, whether it runs or is kept.

namespace cog {

namespace {

/// Names this run among all of its id.
std::string run_of(const prediction_snapshot& prediction) {
  using std::chrono::microseconds;
  auto made = std::chrono::duration_cast<microseconds>(prediction.created.time_since_epoch()).count();
  std::array<char, 20> text{};
  auto end = std::to_chars(text.begin(), text.end(), static_cast<uint64_t>(made), 36).ptr;
  return {text.begin(), end};
}

/// The position of an event of this run, by its id; 0: it is none. The end has no position.
uint64_t position_of(std::string_view id, std::string_view run) {
  uint64_t position = 0;
  if (id.starts_with(run) && id.size() > run.size() && id[run.size()] == '-')
    std::from_chars(id.data() + run.size() + 1, id.data() + id.size(), position);
  return position;
}

}   // namespace

std::string exchange::link_base(const std::string& id) {
  return "predictions/" + percent_encoded(id) + "/files/";
}

/// Whether links in place of files are wanted, and lead somewhere. An uploaded file has a URL already.
bool exchange::links_files() const {
  return request_.wants_links && rules_.config.keep_results > 0 && rules_.config.upload_url.empty();
}

/// What will not be kept is given away at once.
file_links exchange::links_to(const prediction_snapshot& prediction) {
  if (!links_files() || !kept_by(rules_.config).admits(prediction))
    return {};
  links_ = link_base(prediction.id);
  return {links_};
}

void exchange::answer_kept() {
  if (refuse_id())
    return;
  server_.find(known_as(request_, match_.id), to<snapshot_ptr, &exchange::on_kept>());
}

void exchange::on_kept(const snapshot_ptr& result) {
  result_ = result;
  auto links = links_to(*result);
  http_response response;
  if (!links.base.empty())
    response.more_headers.emplace_back(links_header);
  client_.respond(response, kept_answer(*result, links));
}

void exchange::watch() {
  if (refuse_id())
    return;
  follows_ = true;
  server_.watch(known_as(request_, match_.id), to<snapshot_ptr, &exchange::on_watched>());
}

void exchange::on_watched(const snapshot_ptr& state) {
  result_ = state;
  auto run = run_of(*state);
  auto& last = request_.last_event_id;
  // It has all been told: whoever reconnects by himself, as browsers do, is to stop that.
  if (is_terminal(state->status) && last == run + "-" + std::string{end_of_run})
    return respond(text_response(204, {}));
  auto after = position_of(last, run);
  begin_stream(std::move(run), event_replay{state, after});
  if (state->queue.position == 0)
    return;
  prediction_event place;
  place.what = prediction_event::kind::queued;
  place.place = state->queue;
  client_.send_event(std::make_shared<const prediction_event>(std::move(place)));
}

void exchange::answer_file() {
  if (refuse_id())
    return;
  if (rules_.config.keep_results == 0)
    return respond(json_response(404, error_body("Nothing is kept (COG_KEEP_RESULTS=0)")));
  server_.find(known_as(request_, match_.id), to<snapshot_ptr, &exchange::on_file>());
}

void exchange::on_file(const snapshot_ptr& state) {
  auto& files = state->output.files;
  if (match_.file >= files.size())
    return respond(json_response(404, error_body("The output has no such file")));
  result_ = state;
  auto [response, body] =
    make_file_answer(files[match_.file], run_of(*state) + "-" + std::to_string(match_.file), request_);
  client_.respond(response, std::move(body));
}

}   // namespace cog

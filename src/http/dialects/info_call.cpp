#include "http/dialects/info_call.hpp"
#include "http/request.hpp"
#include "process/process_usage.hpp"

namespace cog {

void info_call::handle() {
  scene_.server.ask_health({this, &info_call::take_health});
}

const std::string& info_call::prediction_id() const {
  static const std::string none;
  return none;
}

void info_call::on_error(const caf::error& error) {
  respond(render_error(which_, error_of(error)));
}

void info_call::take_health(asker& to, const health_ptr& health) {
  auto& self = static_cast<info_call&>(to);
  self.state_ = health->status;
  self.scene_.server.ask_document({&self, &info_call::take_document});
}

void info_call::take_document(asker& to, const document_ptr& document) {
  auto& self = static_cast<info_call&>(to);
  bool ready = self.state_ == health_status::ready || self.state_ == health_status::busy;
  self.respond(self.render_({.which = self.which_,
                             .words = self.words_,
                             .request = self.scene_.request,
                             .config = self.scene_.rules.config,
                             .state = self.state_,
                             .ready = ready && !self.scene_.client.is_closing(),
                             .document = document,
                             .started = static_cast<uint64_t>(usage_of_this_process().started)}));
}

void info_call::respond(http_response response) {
  response.close = response.close || !scene_.request.is_done();
  answer_text body;
  if (!response.body.empty())
    body.emplace_back(std::move(response.body));
  scene_.client.respond(response, std::move(body));
}

}   // namespace cog

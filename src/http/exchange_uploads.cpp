#include "http/exchange.hpp"
#include "http/prediction_maker.hpp"
#include "http/request.hpp"
#include "io/upload_files.hpp"

// Bodies that hold files: they are written to the disk while they come.

namespace cog {

bool exchange::is_upload() const {
  return is_create() && (request_.is_form() || request_.is_raw());
}

/// What is answered when the disk has no room for a body of its size.
bool exchange::refuse_upload() {
  auto path = rules_.make_folder()->path;
  if (has_room(path.substr(0, path.rfind('/')), request_.content_length().value_or(0)))
    return false;
  respond(json_response(507, error_body("The disk has no room for the upload")));
  return true;
}

void exchange::begin_upload() {
  if (refuse_page() || refuse_create())
    return;
  holds_ = true;
  server_.ask_document(to<document_ptr, &exchange::on_upload_document>());
}

void exchange::on_upload_document(const document_ptr& document) {
  upload_.emplace(request_, document, is_training(match_.where), rules_,
                  match_.where == route::prediction && rules_.config.keep_results > 0);
  if (auto* refusal = upload_->refusal())
    return respond(*refusal);
  if (refuse_upload())
    return;
  if (!request_.expects_continue || request_.is_done())
    return take_upload();
  auto wish = make_wish(request_, match_, rules_.config);
  if (auto* refusal = std::get_if<http_response>(&wish))
    return respond(std::move(*refusal));
  server_.admit(std::get<request_ptr>(wish), to<bool, &exchange::on_admitted>());
}

void exchange::on_admitted(const bool&) {
  client_.send_continue();
  take_upload();
}

/// From now on the body goes to the upload, what of it is there already first.
void exchange::take_upload() {
  holds_ = false;
  request_.taker = &*upload_;
  upload_->take(request_.body);
  std::string{}.swap(request_.body);
  request_.memory.set(0);
  store();
}

void exchange::on_body() {
  if (upload_)
    store();
}

/// Writes what has come. Until that is done no more is taken.
void exchange::store() {
  if (ended_)
    upload_->finish();
  if (auto* refusal = upload_->refusal())
    return respond(*refusal);
  if (auto pieces = upload_->next()) {
    holds_ = true;
    return server_.store(pieces, to<bool, &exchange::on_stored>());
  }
  if (!ended_)
    return;
  auto form = upload_->make_request();
  if (!form)
    return respond(*upload_->refusal());
  received_.emplace(std::move(*form));
  server_.ask_document(to<document_ptr, &exchange::create_with>());
}

void exchange::on_stored(const bool&) {
  holds_ = false;
  store();
}

void exchange::end_upload() {
  ended_ = true;
  if (!upload_)
    begin_upload();
  else if (!holds_)
    store();
}

}   // namespace cog

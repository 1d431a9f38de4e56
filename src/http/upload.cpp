#include "http/upload.hpp"
#include "http/raw_input.hpp"
#include "http/request.hpp"
#include "io/memory_reserve.hpp"
#include "prediction/answer.hpp"
#include "prediction/header_value.hpp"
#include <new>

namespace cog {

namespace {

constexpr std::string_view parse_prefix = "Failed to parse the multipart body: ";

}   // namespace

upload::upload(const http_request& request, document_ptr document, bool training, const http_rules& rules, bool hashes)
  : document_{std::move(document)},
    form_{document_ ? document_->schema_of(training) : nullptr,
          {.file = rules.config.max_file_bytes,
           .files = rules.config.max_upload_bytes,
           .texts = rules.config.max_body_bytes}},
    files_{std::make_shared<upload_files>(rules.make_folder(), hashes)},
    memory_{rules.bodies} {
  if (!request.is_form()) {
    auto problem = begin_raw(request, document_ ? document_->schema_of(training) : nullptr, form_);
    if (!problem.empty())
      refuse(text_response(415, std::move(problem)));
    look_at_form();
    return;
  }
  auto type = read_header_value(request.content_type);
  if (type && type->find("boundary") == nullptr)
    refuse(text_response(415, std::string{only_json}));
  else if (auto boundary = boundary_of(request.content_type))
    parser_.emplace(*boundary);
  else
    refuse(text_response(
      400, std::string{parse_prefix} + "The Content-Type names no boundary of 1 to 70 characters at byte 0"));
}

void upload::refuse(http_response response) {
  if (!refusal_)
    refusal_ = std::move(response);
}

void upload::take(std::string_view bytes) try {
  if (refusal_)
    return;
  refusable_memory refusable;
  if (!parser_)
    form_.on_data(bytes);
  else if (!parser_->take(bytes, form_))
    refuse(text_response(400, std::string{parse_prefix} + parser_->problem()));
  look_at_form();
} catch (const std::bad_alloc&) {
  refuse(out_of_memory_response());
}

void upload::finish() {
  if (!refusal_ && parser_ && !parser_->finish())
    refuse(text_response(400, std::string{parse_prefix} + parser_->problem()));
}

void upload::look_at_form() {
  if (auto& problem = form_.problem(); problem.status != 0)
    refuse(problem.errors.empty() ? text_response(problem.status, problem.text)
                                  : json_response(problem.status, detail_body(problem.errors)));
  else if (!memory_.grow_to(form_.text_size()))
    refuse(try_later_response("Too many request bodies in memory; try again later"));
}

pieces_ptr upload::next() {
  auto bytes = form_.take_bytes();
  if (bytes.empty())
    return nullptr;
  auto pieces = std::make_shared<upload_pieces>();
  pieces->target = files_;
  pieces->pieces.reserve(bytes.size());
  uint64_t size = 0;
  for (auto& piece : bytes) {
    auto& file = form_.files()[piece.file];
    size += piece.bytes.size();
    bool begins = piece.file == begun_;
    begun_ += begins ? 1 : 0;
    pieces->pieces.push_back({begins ? file.name : "", begins ? file.media_type : "", std::move(piece)});
  }
  pieces->memory = memory_.another(size);
  return pieces;
}

std::optional<received_form> upload::make_request() {
  files_->finish();
  received_form made;
  made.folder = files_->target();
  if (!form_.finish(files_->stored(), made.body, made.files)) {
    look_at_form();
    return {};
  }
  memory_.set(made.body.size());
  made.memory = std::move(memory_);
  return made;
}

}   // namespace cog

#pragma once
#include "actors/jobs.hpp"
#include "http/body_taker.hpp"
#include "http/response.hpp"
#include "http/rules.hpp"
#include "prediction/form.hpp"
#include "prediction/schema.hpp"
#include <optional>
#include <string>
#include <string_view>

namespace cog {

class http_request;

/// A request body that holds files, on its way to the disk.
class upload : public body_taker {
public:
  /// `hashes`: the files are to be compared with those of another request. `document` may be null.
  upload(const http_request& request, document_ptr document, bool training, const http_rules& rules, bool hashes);

  void take(std::string_view bytes) override;
  /// The body is complete.
  void finish();

  /// Why it is not taken; null: it is, so far.
  const http_response* refusal() const { return refusal_ ? &*refusal_ : nullptr; }
  /// What has come and is to be written; null: nothing. The next is to be asked for when this one is written.
  pieces_ptr next();
  /// The create request, after `finish`, and when all is written. None, with `refusal` set, when the body makes none.
  std::optional<received_form> make_request();

private:
  void refuse(http_response response);
  void look_at_form();

  document_ptr document_;
  form form_;
  std::optional<multipart_parser> parser_;   // none: the body is one file
  std::shared_ptr<upload_files> files_;
  size_t begun_ = 0;      // of the files
  memory_lease memory_;   // of texts
  std::optional<http_response> refusal_;
};

}   // namespace cog

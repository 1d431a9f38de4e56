#pragma once
#include "prediction/multipart_parser.hpp"
#include "prediction/request.hpp"
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cog {

struct schema_node;

/// What a form may hold, in bytes.
struct form_limits {
  uint64_t file = 0;    // one file (COG_MAX_FILE_BYTES)
  uint64_t files = 0;   // all of them (COG_MAX_UPLOAD_BYTES)
  uint64_t texts = 0;   // all texts (COG_MAX_BODY_BYTES)
};

/// Why a form is not taken. `errors` go into a 422; otherwise `text` is the answer.
struct form_problem {
  unsigned status = 0;   // 0: it is taken
  std::string text;
  std::vector<input_error> errors;
};

/// Bytes of a file, which go behind those that came before.
struct file_bytes {
  size_t file = 0;   // its number in the form
  std::string bytes;
};

/// A file of a form, as its part tells of it.
struct form_file {
  std::string name;         // as it was sent; empty: none
  std::string media_type;   // likewise
  uint64_t size = 0;        // bytes so far
};

/// Where a file of a form lies once it is written.
struct stored_file {
  std::string path;
  std::string hash;   // SHA-256 in hex; empty: nobody asked for it
};

/// A create request that came as a form: JSON, and the files that it names.
struct received_form {
  std::string body;
  std::vector<file_value> files;
  folder_ptr folder;     // where they lie
  memory_lease memory;   // of the body
};

/// The parts of a form: those that are files, which are handed on as they come, and the texts. A part named `_request`
/// is the create request to which the others add inputs.
class form : public part_taker {
public:
  /// `schema` may be null: then any input may be a file, and texts stay texts. It must outlive the form.
  form(const input_schema* schema, const form_limits& limits) : schema_{schema}, limits_{limits} {
    // nop
  }

  void on_part(part_head head) override;
  void on_data(std::string_view bytes) override;
  void on_part_end() override;

  /// An input that is given as text, outside of all parts.
  void add_text(const std::string& name, std::string_view text);

  const form_problem& problem() const { return problem_; }
  const std::vector<form_file>& files() const { return files_; }
  /// Of files, since this was last asked. The first of a file are there when it has begun, maybe none.
  std::vector<file_bytes> take_bytes() { return std::exchange(bytes_, {}); }
  uint64_t text_size() const { return text_size_; }

  /// The create request as JSON, in which each file stands as a text that no other file has. `files`: where these are in
  /// it, with their paths. False, with `problem` set, when the parts make none.
  bool finish(const std::vector<stored_file>& stored, std::string& body, std::vector<file_value>& files);

private:
  struct given_input {
    std::string name;
    std::vector<std::variant<std::string, size_t>> values;   // texts, and numbers of files
  };

  void refuse(unsigned status, std::string text);
  void refuse_input(const std::string& name, std::string message);
  given_input& entry_of(const std::string& name);
  const schema_node* node_of(const std::string& name);
  void write_input(const given_input& input, const std::vector<stored_file>& stored, std::string& body,
                   std::vector<file_value>& files) const;
  std::string placeholder(size_t file, const std::vector<stored_file>& stored) const;

  const input_schema* schema_;
  form_limits limits_;
  form_problem problem_;
  std::vector<form_file> files_;
  std::vector<file_bytes> bytes_;
  uint64_t file_size_ = 0;   // of all files
  uint64_t text_size_ = 0;
  std::vector<given_input> inputs_;
  std::string request_;
  bool has_request_ = false;
  std::string* text_ = nullptr;   // of the part that comes; null: it is a file
};

}   // namespace cog

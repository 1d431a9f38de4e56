#pragma once
#include "cli/console.hpp"
#include "json/json_tree.hpp"
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cog {

/// What a model's document says of its output.
enum class output_kind { file, files, text, json };

/// The kind of the output of `POST /predictions` (or `/trainings`) in a model's OpenAPI document.
output_kind output_kind_of(const json_value& document, bool training);

struct output_options {
  std::optional<std::string> path{};     // of `--output`
  bool json = false;                     // `--json`: the whole result is wanted
  std::string default_name = "output";   // of files when there is no path
  bool text_to_file = false;             // text goes to the default name, too: trainings
};

/// Writes results where the options say. The result itself goes to standard output, or into files; standard error tells
/// which.
class output_writer {
public:
  /// Throws command_error when the path cannot be written.
  output_writer(output_options options, const console& messages);

  /// Throws command_error when files of this kind cannot be written.
  void expect(output_kind kind) const;

  /// Writes a prediction as the server answered it. Returns the exit code; throws command_error saying how a prediction
  /// failed.
  int write(const json_value& prediction, output_kind kind);

private:
  int write_json_result(const json_value& prediction, std::string_view status, output_kind kind);
  void write_output(const json_value& output, output_kind kind);
  std::string write_files(const json_value& output, output_kind kind);
  std::string write_file(const json_value& value, const std::string& number);
  void write_text(std::string_view text, bool to_file);
  void store(const std::string& path, const std::function<bool(std::string& bytes)>& next) const;

  output_options options_;
  std::string stem_;        // of files that are written
  std::string extension_;   // with its dot; empty: by media type
  const console& messages_;
};

}   // namespace cog

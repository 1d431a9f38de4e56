#pragma once
#include "json/json_tree.hpp"
#include "prediction/pattern.hpp"
#include "prediction/request.hpp"
#include "prediction/schema.hpp"
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// One schema or subschema; others are named by their place in the list of nodes.
struct schema_node {
  struct bound {
    long double value = 0;
    std::string text;   // for messages
  };

  uint8_t types = 0;        // bits by `json_kind`; none: any type
  bool integer = false;     // numbers must be whole
  std::string accept;       // `x-cog-accept`: which files it takes
  std::string type_names;   // for messages: `type "integer"`
  bool nullable = false;
  bool has_default = false;
  bool secret = false;      // the value, or one inside it, must not be shown
  bool file = false;        // the string itself names a file
  bool has_files = false;   // the string, or one inside the value, does
  bool has_choices = false;
  bool unique_items = false;
  bool closed = false;   // no other properties
  std::optional<bound> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
  std::optional<uint64_t> min_length, max_length;   // code points
  std::optional<uint64_t> min_items, max_items;
  std::shared_ptr<const pattern> regex;
  std::vector<json_value> choices;   // of `enum` or `const`
  std::string choices_message;
  std::vector<size_t> all_of, any_of;
  std::optional<size_t> items;
  std::map<std::string, size_t, std::less<>> properties;
  std::vector<std::string> required;
  std::optional<size_t> additional;

  bool allows(json_kind kind) const { return types == 0 || (types >> static_cast<int>(kind) & 1) != 0; }

  /// Whether the value's own type will do; 1.0 counts as an integer.
  bool takes_type_of(const json_value& value) const;

  /// Does the type alone decide, but for an array's size and items?
  bool simple() const {
    return !has_choices && all_of.empty() && any_of.empty() && properties.empty() && required.empty() && !closed &&
      !additional && !unique_items;
  }
};

/// The compiled `Input` of a document. Never changed once made, so any thread may use it.
///
/// Constraints known: type, enum, const, allOf, anyOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf,
/// minLength, maxLength, pattern, minItems, maxItems, uniqueItems, items, properties, required, additionalProperties,
/// nullable, and `$ref` into the same document. Others are ignored.
class input_schema {
public:
  /// `root` is the schema of the input and part of `document`, whose tokens are views of `source`. `problem` gets a
  /// sentence for each pattern that does not compile; `name` is what it calls the schema.
  static std::shared_ptr<const input_schema> compile(const std::string& name, const json_value& root,
                                                     const json_value& document,
                                                     std::shared_ptr<const std::string> source, std::string& problem);

  const schema_node& root() const { return nodes_[root_]; }
  const schema_node& node(size_t index) const { return nodes_[index]; }

  /// The name of an input and the place of its schema; null for an unknown one.
  const std::pair<const std::string, size_t>* property(std::string_view name) const;

  /// Is the value valid? Appends what is wrong with it, in the order of http-api section 13, unless `errors` is null.
  bool validate(const schema_node& node, const json_value& value, const std::string& field,
                std::vector<input_error>* errors) const;

  /// Appends the files named in a value; `text` is what its tokens are views of.
  void find_files(const schema_node& node, const json_value& value, const std::string& pointer, std::string_view text,
                  std::vector<file_value>& files) const;

private:
  friend class schema_compiler;

  bool validate_members(const schema_node& node, const json_value& value, const std::string& field,
                        std::vector<input_error>* errors) const;
  bool validate_required(const schema_node& node, const json_value& value, const std::string& field,
                         std::vector<input_error>* errors) const;

  std::shared_ptr<const std::string> source_;   // of the tokens in `choices`
  std::vector<schema_node> nodes_;
  size_t root_ = 0;
};

/// The JSON shown in place of a secret.
constexpr std::string_view secret_mask = "\"**********\"";

/// More errors of one input than these are not collected.
constexpr size_t max_errors = 1000;

/// Does a string begin like a URL or data URL that the server turns into a file?
bool is_file_url(std::string_view content);

/// The path of a value inside `path`: `path/key`, as a JSON pointer has it.
std::string pointer_to(std::string_view path, std::string_view key);

}   // namespace cog

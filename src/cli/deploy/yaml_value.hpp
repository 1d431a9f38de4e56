#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cog {

/// A YAML value to be written. Keys stay in the order in which they came; a text is quoted wherever a reader might take
/// it for something else.
class yaml_value {
public:
  using entry = std::pair<std::string, yaml_value>;

  /// An empty mapping.
  yaml_value() = default;
  yaml_value(bool value);
  yaml_value(int value);
  yaml_value(uint64_t value);
  yaml_value(const char* text);
  yaml_value(std::string text);
  yaml_value(std::initializer_list<entry> entries);

  static yaml_value list(std::vector<yaml_value> items);
  static yaml_value texts(const std::vector<std::string>& items);

  /// The entry of a mapping, made where there is none.
  yaml_value& operator[](const std::string& key);

  /// Appends the entries of another mapping.
  void merge(const yaml_value& other);

  /// Appends to a list; an empty mapping becomes one.
  void add(yaml_value item);

  /// As a document in block style that ends with a new line, without `---`.
  std::string text() const;

private:
  struct plain {   // a number or a truth value, as it is written
    std::string text;
  };
  using mapping = std::vector<entry>;
  using sequence = std::vector<yaml_value>;

  std::variant<mapping, sequence, plain, std::string> content_;

  friend class yaml_writer;
};

}   // namespace cog

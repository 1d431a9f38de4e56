#include "json/json_writer.hpp"
#include "json/json_text.hpp"

namespace cog {

void json_writer::open(std::string_view name, char bracket) {
  begin(name);
  out_ += bracket;
  first_ = true;
}

void json_writer::close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void json_writer::raw(std::string_view name, std::string_view json) {
  begin(name);
  out_ += json;
}

void json_writer::text(std::string_view name, std::string_view utf8) {
  begin(name);
  append_json_string(out_, utf8);
}

void json_writer::number(std::string_view name, uint64_t value) {
  raw(name, std::to_string(value));
}

void json_writer::flag(std::string_view name, bool value) {
  raw(name, value ? "true" : "false");
}

void json_writer::begin(std::string_view name) {
  if (!first_)
    out_ += ',';
  first_ = false;
  if (name.empty())
    return;
  append_json_string(out_, name);
  out_ += ':';
}

}   // namespace cog

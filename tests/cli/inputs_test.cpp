#include "../support/temporary_folder.hpp"
#include "cli/console.hpp"
#include "cli/model/inputs.hpp"
#include "prediction/schema.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

/// The document of a model with these inputs, of which those in `required` have no default.
document_ptr model_with(const std::string& properties, const std::string& required = "[]") {
  std::string problem;
  auto document = make_document(R"({"components":{"schemas":{"Input":{"type":"object","properties":)" + properties +
                                  R"(,"required":)" + required +
                                  R"(},"Size":{"type":"string","enum":["small","large"]}}},"paths":{}})",
                                problem);
  REQUIRE(document);
  return document;
}

std::string read(const std::vector<std::string>& inputs, const document_ptr& model,
                 const std::optional<std::string>& json = {}) {
  return typed_inputs(read_given(inputs, json), model->input.get());
}

std::string problem_of(const std::vector<std::string>& inputs, const document_ptr& model,
                       const std::optional<std::string>& json = {}) {
  try {
    read(inputs, model, json);
  } catch (const command_error& error) {
    return error.what();
  }
  return {};
}

document_ptr typed_model() {
  return model_with(R"({
  "b":{"type":"boolean"},"i":{"type":"integer"},"n":{"type":"number"},"s":{"type":"string"},
  "l":{"type":"array","items":{"type":"integer"}},"o":{"type":"object"},
  "u":{"anyOf":[{"type":"integer"},{"type":"string"}]},"e":{"allOf":[{"$ref":"#/components/schemas/Size"}]}})");
}

}   // namespace

TEST_CASE("inputs: a value becomes what the schema says") {
  auto typed = typed_model();
  CHECK(read({"b=true"}, typed) == R"({"b":true})");
  CHECK(read({"i=-7"}, typed) == R"({"i":-7})");
  CHECK(read({"n=2.50"}, typed) == R"({"n":2.50})");
  CHECK(read({"n=3"}, typed) == R"({"n":3})");
  CHECK(read({"s=3"}, typed) == R"({"s":"3"})");
  CHECK(read({R"(o={"a":[1]})"}, typed) == R"({"o":{"a":[1]}})");
  CHECK(read({"e=small"}, typed) == R"({"e":"small"})");
  CHECK(read({"s=a=b"}, typed) == R"({"s":"a=b"})");
  CHECK(read({"s=http://host/x?y=1"}, typed) == R"({"s":"http://host/x?y=1"})");
}

TEST_CASE("inputs: one pair of double quotes is taken off") {
  auto typed = typed_model();
  CHECK(read({R"(s="hello world")"}, typed) == R"({"s":"hello world"})");
  CHECK(read({R"(s=""q"")"}, typed) == R"({"s":"\"q\""})");
  CHECK(read({R"(s=")"}, typed) == R"({"s":"\""})");
  CHECK(read({R"(s="a" and "b")"}, typed) == R"({"s":"\"a\" and \"b\""})");
  CHECK(read({R"(s=""a" and "b"")"}, typed) == R"({"s":"\"a\" and \"b\""})");
  CHECK(read({R"(s="say \"hi\"")"}, typed) == R"({"s":"say \\\"hi\\\""})");
  CHECK(read({R"(s="a\")"}, typed) == R"({"s":"\"a\\\""})");
}

TEST_CASE("inputs: lists from JSON, from one value and from a repeated name") {
  auto typed = typed_model();
  CHECK(read({"l=[1, 2]"}, typed) == R"({"l":[1,2]})");
  CHECK(read({"l=5"}, typed) == R"({"l":[5]})");
  CHECK(read({"l=1", "s=x", "l=2"}, typed) == R"({"l":[1,2],"s":"x"})");
}

TEST_CASE("inputs: a union takes the first type that fits") {
  auto typed = typed_model();
  CHECK(read({"u=12"}, typed) == R"({"u":12})");
  CHECK(read({"u=true"}, typed) == R"({"u":"true"})");
  CHECK(read({"u=1.5"}, typed) == R"({"u":"1.5"})");
}

TEST_CASE("inputs: files become data URLs with their name and its media type") {
  auto typed = typed_model();
  temporary_folder folder;
  write_file(folder / "a.png", "png");
  write_file(folder / "my dog.wav", "wav");
  write_file(folder / "noext", "x");
  CHECK(read({"s=@" + folder / "a.png"}, typed) == R"({"s":"data:image/png;name=a.png;base64,cG5n"})");
  CHECK(read({"s=@" + folder / "my dog.wav"}, typed) == R"({"s":"data:audio/wav;name=my%20dog.wav;base64,d2F2"})");
  CHECK(read({"s=@" + folder / "noext"}, typed) == R"({"s":"data:application/octet-stream;name=noext;base64,eA=="})");
  auto missing = folder / "missing";
  CHECK(problem_of({"s=@" + missing}, typed) == "input \"s\": open " + missing + ": No such file or directory");
}

TEST_CASE("inputs: in JSON a file is read wherever the schema says file, at any depth") {
  auto model = model_with(R"({
    "s":{"type":"string"},"f":{"type":"string","format":"uri","nullable":true},"o":{"type":"object"},
    "files":{"type":"array","items":{"type":"string","format":"uri"}},
    "either":{"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"string","format":"uri"}}]},
    "nested":{"type":"object","properties":{"image":{"type":"string","format":"uri"},"text":{"type":"string"}}}})");
  temporary_folder folder;
  write_file(folder / "1.txt", "a");
  auto given = "\"@" + folder / "1.txt" + "\"";
  std::string url = R"("data:text/plain;name=1.txt;base64,YQ==")";
  auto json = [&](const std::string& text) { return read({}, model, text); };
  CHECK(json("{\"f\":" + given + "}") == "{\"f\":" + url + "}");
  CHECK(json("{\"files\":[" + given + ", \"http://h/x\"]}") == "{\"files\":[" + url + R"(,"http://h/x"]})");
  CHECK(json("{\"nested\":{\"image\":" + given + ",\"text\":\"@a\"}}") ==
        "{\"nested\":{\"image\":" + url + R"(,"text":"@a"}})");
  CHECK(json("{\"either\":[" + given + "]}") == "{\"either\":[" + url + "]}");
  CHECK(json(R"({"s":"@bob","o":{"a":["@x", 1e2]},"f":null})") == R"({"f":null,"o":{"a":["@x",1e2]},"s":"@bob"})");
  CHECK(read({"files=[" + given + "]"}, model) == "{\"files\":[" + url + "]}");
  CHECK(read({"files=@" + folder / "1.txt"}, model) == "{\"files\":[" + url + "]}");
  CHECK(read({"nested={\"image\":" + given + "}"}, model) == "{\"nested\":{\"image\":" + url + "}}");
  auto missing = folder / "missing";
  auto why = "failed to read file \"" + missing + "\": open " + missing + ": No such file or directory";
  CHECK(problem_of({}, model, R"({"f":"@)" + missing + R"("})") == "input \"f\": " + why);
  CHECK(problem_of({}, model, R"({"files":["@)" + missing + R"("]})") == "input \"files.0\": " + why);
  CHECK(problem_of({R"(files=["@)" + missing + R"("])"}, model) == "input \"files\": " + why);
}

TEST_CASE("inputs: two @ are the text of one") {
  auto model = model_with(R"({"s":{"type":"string"},"f":{"type":"string","format":"uri"},"o":{"type":"object"},
    "l":{"type":"array","items":{"type":"string"}},"u":{"anyOf":[{"type":"integer"},{"type":"string"}]}})");
  CHECK(read({"s=@@bob"}, model) == R"({"s":"@bob"})");
  CHECK(read({"s=@@@bob"}, model) == R"({"s":"@@bob"})");
  CHECK(read({"f=@@bob"}, model) == R"({"f":"@bob"})");
  CHECK(read({"l=@@bob"}, model) == R"({"l":["@bob"]})");
  CHECK(read({"l=@@a", "l=b"}, model) == R"({"l":["@a","b"]})");
  CHECK(read({R"(l=["@@a"])"}, model) == R"({"l":["@a"]})");
  CHECK(read({"u=@@1"}, model) == R"({"u":"@1"})");
  CHECK(read({}, model, R"({"s":"@@bob","f":"@@x","o":{"a":"@@y"}})") == R"({"f":"@x","o":{"a":"@y"},"s":"@bob"})");
  CHECK(typed_inputs(read_given({"s=@@bob"}, {}), nullptr) == R"({"s":"@bob"})");
  CHECK(typed_inputs(read_given({}, R"({"s":"@@bob"})"), nullptr) == R"({"s":"@bob"})");
}

TEST_CASE("inputs: --json from a file, and what it must be") {
  auto typed = typed_model();
  temporary_folder folder;
  write_file(folder / "in.json", R"({"i": 1})");
  CHECK(read({}, typed, "@" + folder / "in.json") == R"({"i":1})");
  CHECK(problem_of({}, typed, "[1]").starts_with("Failed to parse --json: it must be a JSON object"));
  CHECK(problem_of({}, typed, "{").starts_with("Failed to parse --json: "));
  CHECK(problem_of({"i=1"}, typed, "{}") == "Must use one of --json or --input to provide model inputs");
  // Names are looked at before files are read.
  CHECK(problem_of({}, typed, R"({"zz":"@/missing"})").starts_with("unknown input \"zz\""));
}

TEST_CASE("inputs: a word without = is no input") {
  auto typed = typed_model();
  CHECK(problem_of({"foo"}, typed) == "Failed to parse input 'foo', expected format is 'name=value'");
}

TEST_CASE("inputs: unknown and missing names") {
  auto model = model_with(R"({"a":{"type":"string"},"b":{"type":"integer"}})", R"(["a"])");
  CHECK(problem_of({"x=1", "a=1"}, model) == "unknown input \"x\"; valid inputs are: a, b");
  CHECK(problem_of({"x=1", "y=1"}, model) == "unknown inputs \"x\", \"y\"; valid inputs are: a, b");
  CHECK(problem_of({"b=1"}, model) ==
        "missing required input \"a\"\n\nInputs of the model:\n  a (string, required)\n  b (integer)");
  CHECK(problem_of({"x=1"}, model_with("{}")) == "unknown input \"x\"; model does not accept inputs");
}

TEST_CASE("inputs: wrong values, one sentence each") {
  auto model = model_with(R"({
    "i":{"type":"integer","minimum":1,"maximum":9},"s":{"type":"string","minLength":2,"maxLength":3,"pattern":"^a"},
    "e":{"allOf":[{"$ref":"#/components/schemas/Size"}]},"l":{"type":"array","items":{"type":"integer"}},
    "z":{"type":"integer","nullable":true},"u":{"anyOf":[{"type":"integer"},{"type":"boolean"}]}})");
  CHECK(problem_of({"i=x"}, model) == "invalid input \"i\": expected integer, got string");
  CHECK(problem_of({"i=0"}, model) == "invalid input \"i\": number must be at least 1");
  CHECK(problem_of({"i=10"}, model) == "invalid input \"i\": number must be at most 9");
  CHECK(problem_of({"s=a"}, model) == "invalid input \"s\": minimum string length is 2");
  CHECK(problem_of({"s=abcd"}, model) == "invalid input \"s\": maximum string length is 3");
  CHECK(problem_of({"s=bcd"}, model) == "invalid input \"s\": string doesn't match the regular expression \"^a\"");
  CHECK(problem_of({"e=huge"}, model) == "invalid input \"e\": must be one of: small, large");
  CHECK(problem_of({"l=1", "l=x"}, model) == "invalid input \"l.1\": expected integer, got string");
  CHECK(problem_of({"u=x"}, model) == "invalid input \"u\": expected integer or boolean, got string");
  CHECK(problem_of({}, model, R"({"i":null})") ==
        "invalid input \"i\": must not be null (omit the input to use its default)");
  CHECK(problem_of({}, model, R"({"z":null})").empty());
  CHECK(problem_of({"i=0", "s=a"}, model) ==
        "input validation failed:\n- invalid input \"i\": number must be at least 1\n"
        "- invalid input \"s\": minimum string length is 2");
}

#include "prediction/form.hpp"
#include "request_support.hpp"

using namespace cog;

namespace {

const input_schema* model() {
  static const auto document = document_of(R"("image":{"type":"string","format":"uri"},
  "images":{"type":"array","items":{"type":"string","format":"uri"}},"width":{"type":"integer"},
  "scale":{"type":"number"},"on":{"type":"boolean"},"text":{"type":"string"},
  "sizes":{"type":"array","items":{"type":"integer"}},"any":{"anyOf":[{"type":"integer"},{"type":"string"}]},
  "map":{"type":"object"})");
  return document->input.get();
}

struct filled_form : form {
  explicit filled_form(const form_limits& limits = {100, 150, 100}) : form{model(), limits} {}

  filled_form& text(const std::string& name, std::string_view value, const std::string& type = {}) {
    on_part({name, {}, type});
    on_data(value);
    on_part_end();
    return *this;
  }
  filled_form& file(const std::string& name, std::string_view value, const std::string& file_name = "f") {
    on_part({name, file_name, {}});
    on_data(value);
    on_part_end();
    return *this;
  }

  /// The request, or the problem.
  std::string made() {
    std::string body;
    std::vector<stored_file> stored;
    for (size_t i = 0; i < files().size(); ++i)
      stored.push_back({"/" + std::to_string(i), i == 0 ? "abc" : ""});
    if (!finish(stored, body, places)) {
      auto text = std::to_string(problem().status) + " " + problem().text;
      for (auto& error : problem().errors)
        text += error.field + ": " + error.message + ";";
      return text;
    }
    for (auto& place : places)
      body += " " + place.pointer + place.path + "=" + body.substr(place.at.offset, place.at.length);
    return body;
  }

  std::vector<file_value> places;
};

}   // namespace

TEST_CASE("form: texts become what the schema says, as far as they are that") {
  CHECK(filled_form{}
          .text("width", "3")
          .text("scale", "1e3")
          .text("on", "true")
          .text("text", "4")
          .text("any", "5")
          .text("map", R"({"a":1})")
          .text("sizes", "1")
          .text("sizes", "2")
          .made() == R"({"input":{"width":3,"scale":1e3,"on":true,"text":"4","any":5,"map":{"a":1},"sizes":[1,2]}})");
  CHECK(filled_form{}.text("width", "x").text("sizes", "[1, 2]").text("image", "https://a/b").made() ==
        R"({"input":{"width":"x","sizes":[1, 2],"image":"https://a/b"}})");
  CHECK(filled_form{}.made() == R"({"input":{}})");
}

TEST_CASE("form: files stand where they belong, with number, size and hash, in their order") {
  CHECK(
    filled_form{}.file("image", "12345", "a\"b").text("width", "3").file("images", "6").made() ==
    R"({"input":{"image":"upload:a\"b;number=0;bytes=5;sha256=abc","width":3,"images":["upload:f;number=1;bytes=1"]}})"
    R"( /image/0="upload:a\"b;number=0;bytes=5;sha256=abc" /images/0/1="upload:f;number=1;bytes=1")");
  CHECK(filled_form{}.file("images", "").text("images", "https://a").file("images", "1").made() ==
        R"({"input":{"images":["upload:f;number=0;bytes=0;sha256=abc","https://a","upload:f;number=1;bytes=1"]}})"
        R"( /images/0/0="upload:f;number=0;bytes=0;sha256=abc" /images/2/1="upload:f;number=1;bytes=1")");
}

TEST_CASE("form: the bytes of files are handed on, those of an empty one too") {
  filled_form form;
  form.on_part({"image", "a", {}});
  form.on_data("12");
  form.on_data("34");
  auto bytes = form.take_bytes();
  REQUIRE(bytes.size() == 1);
  CHECK(bytes[0].bytes == "1234");
  form.on_data("5");
  form.on_part_end();
  form.file("images", "");
  bytes = form.take_bytes();
  REQUIRE(bytes.size() == 2);
  CHECK(bytes[0].file == 0);
  CHECK(bytes[0].bytes == "5");
  CHECK(bytes[1].file == 1);
  CHECK(bytes[1].bytes == "");
  CHECK(form.take_bytes().empty());
}

TEST_CASE("form: the part _request holds what is no input, and inputs") {
  CHECK(
    filled_form{}
      .text("width", "3")
      .text("_request", R"({"id":"a","webhook":"https://w","input":{"text":"t"}})", "application/json; charset=utf-8")
      .made() == R"({"id":"a","webhook":"https://w","input":{"text":"t","width":3}})");
  auto request = [](std::string_view json, const std::string& type = "application/json") {
    return filled_form{}.text("width", "3").text("_request", json, type).made();
  };
  CHECK(request(R"({"input":null})") == R"({"input":{"width":3}})");
  CHECK(request(R"({"input":{"width":4}})") == "422 width: It is given by a part and in `_request`;");
  CHECK(request(R"({"input":4})") == "422 `input` in the part `_request` must be a JSON object");
  CHECK(request("[]") == "422 The part `_request` must be a JSON object");
  CHECK(request("{").starts_with("400 Failed to parse the part `_request` as JSON: "));
  CHECK(request("{}", "text/plain") == "422 The part `_request` must be of the type application/json");
  CHECK(filled_form{}.text("_request", "{}", "application/json").text("_request", "{}", "application/json").made() ==
        "422 There is a second part `_request`");
}

TEST_CASE("form: what is no input, or takes no file, is refused at its head") {
  filled_form unknown;
  unknown.on_part({"nothing", {}, {}});
  CHECK(unknown.problem().status == 422);
  CHECK(unknown.made() == "422 nothing: The model has no such input;");
  CHECK(filled_form{}.file("width", "1").made() == "422 width: The input takes no file;");
  CHECK(filled_form{}.text("text", "\xff").made() == "422 text: The text is no UTF-8;");
}

TEST_CASE("form: limits of a file, of all files, and of texts") {
  CHECK(filled_form{}.file("image", std::string(100, 'x'), "big").problem().status == 0);
  CHECK(filled_form{}.file("image", std::string(101, 'x'), "big").made() ==
        "413 The file `big` is longer than COG_MAX_FILE_BYTES, 100 bytes");
  CHECK(filled_form{}.file("images", std::string(80, 'x')).file("images", std::string(71, 'x')).made() ==
        "413 The files are longer than COG_MAX_UPLOAD_BYTES, 150 bytes, all together");
  CHECK(filled_form{}
          .text("text", std::string(60, 'x'))
          .text("_request", std::string(41, ' '), "application/json")
          .made() == "413 The texts of the form are longer than COG_MAX_BODY_BYTES, 100 bytes");
}

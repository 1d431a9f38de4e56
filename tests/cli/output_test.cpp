#include "../support/temporary_folder.hpp"
#include "cli/model/output.hpp"
#include "cli/model/pretty_json.hpp"
#include <doctest/doctest.h>
#include <iostream>
#include <sstream>

using namespace cog;

namespace {

/// What goes to a stream while this lives.
class redirected {
public:
  explicit redirected(std::ostream& stream) : stream_{stream}, before_{stream.rdbuf(text_.rdbuf())} {
    // nop
  }
  ~redirected() { stream_.rdbuf(before_); }
  std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
  std::ostream& stream_;
  std::streambuf* before_;
};

/// Works in a folder of its own.
struct workplace {
  workplace() { std::filesystem::current_path(folder.path); }
  ~workplace() { std::filesystem::current_path(before); }
  std::filesystem::path before = std::filesystem::current_path();
  temporary_folder folder;
};

struct written {
  int code = 0;
  std::string out, err, problem;
};

written write(const std::string& prediction, output_kind kind, const output_options& options = {}) {
  json_error error;
  auto value = parse_json(std::string_view{prediction}, error);
  REQUIRE(value);
  redirected out{std::cout}, err{std::cerr};
  written result;
  try {
    console messages;
    result.code = output_writer{options, messages}.write(*value, kind);
  } catch (const command_error& error) {
    result.problem = error.what();
  }
  result.out = out.text();
  result.err = err.text();
  return result;
}

std::string succeeded(const std::string& output) {
  return R"({"status":"succeeded","output":)" + output + "}";
}

output_kind kind_of(const std::string& output, const std::string& more = "") {
  auto text = R"({"components":{"schemas":{"Output":)" + output +
    R"(,"PredictionResponse":{"properties":{"output":)"
    R"({"$ref":"#/components/schemas/Output"}}})" +
    more +
    R"(}},"paths":{"/predictions":{"post":{"responses":{"200":{"content":{"application/json":{"schema":)"
    R"({"$ref":"#/components/schemas/PredictionResponse"}}}}}}}}})";
  json_error error;
  auto document = parse_json(std::string_view{text}, error);
  REQUIRE(document);
  return output_kind_of(*document, false);
}

}   // namespace

TEST_CASE("output: its kind by the schema") {
  CHECK(kind_of(R"({"type":"string","format":"uri"})") == output_kind::file);
  CHECK(kind_of(R"({"type":"array","items":{"type":"string","format":"uri"}})") == output_kind::files);
  CHECK(kind_of(R"({"type":"string"})") == output_kind::text);
  CHECK(kind_of(R"({"type":"array","items":{"type":"string"}})") == output_kind::json);
  CHECK(kind_of(R"({"type":"integer"})") == output_kind::json);
}

TEST_CASE("output: text is printed as it is, all else as JSON") {
  CHECK(write(succeeded(R"("a <b>\n")"), output_kind::text).out == "a <b>\n\n");
  CHECK(write(succeeded("20.0"), output_kind::json).out == "20\n");
  CHECK(write(succeeded(R"({"b":[1,{}],"a":"<"})"), output_kind::json).out ==
        "{\n  \"a\": \"\\u003c\",\n  \"b\": [\n    1,\n    {}\n  ]\n}\n");
  auto none = write(succeeded("null"), output_kind::json);
  CHECK(none.out.empty());
  CHECK(none.err == "No output generated\n");
  CHECK(none.code == 0);
}

TEST_CASE("output: numbers as other JSON writers have them") {
  auto pretty = [](std::string_view text) {
    json_error error;
    return pretty_json(*parse_json(text, error));
  };
  CHECK(pretty("12345678901234567890") == "12345678901234567890");
  CHECK(pretty("0.1") == "0.1");
  CHECK(pretty("1e3") == "1000");
  CHECK(pretty("1e21") == "1e+21");
  CHECK(pretty("1.5e-7") == "1.5e-7");
  CHECK(pretty("-0.25") == "-0.25");
}

TEST_CASE("output: a file is named after its media type") {
  workplace here;
  auto result = write(succeeded(R"("data:image/png;base64,cG5n")"), output_kind::file);
  CHECK(result.out.empty());
  CHECK(result.err == "Written output to: output.png\n");
  CHECK(read_file("output.png") == "png");
}

TEST_CASE("output: an extension that was asked for stays") {
  workplace here;
  write(succeeded(R"("data:image/png;base64,cG5n")"), output_kind::file, {.path = "a.jpeg"});
  CHECK(read_file("a.jpeg") == "png");
  write(succeeded(R"("data:image/png;base64,cG5n")"), output_kind::file, {.path = "v1.5"});
  CHECK(read_file("v1.5.png") == "png");
}

TEST_CASE("output: files of a list are numbered") {
  workplace here;
  auto list = succeeded(R"(["data:text/plain;base64,YQ==","data:text/plain;base64,Yg=="])");
  CHECK(write(list, output_kind::files).err == "Written output to: output.0.txt\nWritten output to: output.1.txt\n");
  CHECK(read_file("output.0.txt") == "a");
  CHECK(read_file("output.1.txt") == "b");
  write(list, output_kind::files, {.path = "x.dat"});
  CHECK(read_file("x.1.dat") == "b");
}

TEST_CASE("output: a path may begin with @ and may be a folder") {
  workplace here;
  write(succeeded(R"("text")"), output_kind::text, {.path = "@t.txt"});
  CHECK(read_file("t.txt") == "text");
  std::filesystem::create_directory("folder");
  auto result = write(succeeded("[1]"), output_kind::json, {.path = "folder"});
  CHECK(result.err == "Written output to: folder/output\n");
  CHECK(read_file("folder/output") == "[\n  1\n]");
}

TEST_CASE("output: what cannot be written is said before the prediction") {
  workplace here;
  console messages;
  CHECK_THROWS_WITH_AS(output_writer({.path = "missing/x"}, messages),
                       "Output path is not writable: missing/x: No such file or directory", command_error);
  std::filesystem::create_directory("output");
  CHECK_THROWS_WITH_AS(output_writer({}, messages).expect(output_kind::file),
                       "Default output name \"output\" conflicts with directory, provide --output", command_error);
  output_writer{{}, messages}.expect(output_kind::json);
}

TEST_CASE("output: a prediction that failed") {
  auto failed = std::string{R"({"status":"failed","error":"no luck","output":null})"};
  CHECK(write(failed, output_kind::text).problem == "Prediction failed with status \"failed\": no luck");
  auto json = write(failed, output_kind::text, {.json = true});
  CHECK(json.code == 1);
  CHECK(json.out == "{\n  \"status\": \"failed\",\n  \"output\": null,\n  \"error\": \"no luck\"\n}\n");
}

TEST_CASE("output: the whole result as JSON") {
  workplace here;
  auto prediction = std::string{
    R"({"status":"succeeded","output":"data:image/png;base64,cG5n","metrics":{"predict_time":1.0},"logs":""})"};
  auto result = write(prediction, output_kind::file, {.path = "r.json", .json = true});
  CHECK(read_file("r.json") ==
        "{\n  \"status\": \"succeeded\",\n  \"output\": \"r.png\",\n  \"error\": \"\",\n  \"metrics\": {\n"
        "    \"predict_time\": 1\n  }\n}");
  CHECK(read_file("r.png") == "png");
  CHECK(write(prediction, output_kind::file, {.path = "r", .json = true}).err ==
        "--output value does not have a .json suffix: r\nWritten output to: r\n");
}

TEST_CASE("output: text of a training goes to a file") {
  workplace here;
  auto options = output_options{.default_name = "weights", .text_to_file = true};
  CHECK(write(succeeded(R"("w")"), output_kind::text, options).err == "Written output to: weights\n");
  CHECK(read_file("weights") == "w");
}

#include "prediction/model_api.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

/// A model of these inputs, `"name":{schema}`, and this output.
model_api make(const std::string& inputs, const std::string& output = R"({"type":"string"})",
               const api_config& config = {}, const std::string& required = "") {
  auto text = R"({"components":{"schemas":{"Size":{"type":"string","enum":["s","l"]},"Input":{"properties":{)" +
    inputs + R"(},"required":[)" + required + R"(]},"Output":)" + output + "}}}";
  json_error error;
  auto document = parse_json(std::string_view{text}, error);
  REQUIRE(document);
  return make_model_api(*document, config);
}

std::string input_of(const model_api& api, input_role role) {
  auto* input = api.input_of(role);
  return input ? input->name : "";
}

const std::string text = R"({"type":"string"})";
const std::string file = R"({"type":"string","format":"uri"})";
const std::string choice = R"({"allOf":[{"$ref":"#/components/schemas/Size"}]})";

}   // namespace

TEST_CASE("roles: a prompt is found by name, else as the only required text, else as the only text") {
  CHECK(input_of(make("\"other\":" + text + ",\"question\":" + text), input_role::prompt) == "question");
  CHECK(input_of(make("\"a\":" + text + ",\"b\":" + text, text, {}, "\"b\""), input_role::prompt) == "b");
  CHECK(input_of(make("\"a\":" + text), input_role::prompt) == "a");
  CHECK(input_of(make("\"a\":" + text + ",\"b\":" + text), input_role::prompt).empty());
}

TEST_CASE("roles: neither a choice nor a language nor a secret is a prompt") {
  CHECK(input_of(make("\"a\":" + choice), input_role::prompt).empty());
  CHECK(input_of(make("\"language\":" + text), input_role::prompt).empty());
  CHECK(input_of(make(R"("key":{"type":"string","format":"password"})"), input_role::prompt).empty());
}

TEST_CASE("roles: files are told apart by what they accept") {
  auto accepting = [](const std::string& type) {
    return R"({"type":"string","format":"uri","x-cog-accept":")" + type + "\"}";
  };
  auto api = make("\"one\":" + accepting("image/png") + ",\"two\":" + accepting("audio/*"));
  CHECK(input_of(api, input_role::image) == "one");
  CHECK(input_of(api, input_role::audio) == "two");
  auto only = make("\"thing\":" + file);
  CHECK(input_of(only, input_role::image) == "thing");
  CHECK(input_of(only, input_role::audio) == "thing");
}

TEST_CASE("roles: width and height are a size together, and not alone") {
  auto number = R"({"type":"integer"})";
  auto both = make(std::string{"\"width\":"} + number + ",\"height\":" + number);
  CHECK(both.roles[static_cast<size_t>(input_role::size)].size() == 2);
  CHECK(make(std::string{"\"width\":"} + number).input_of(input_role::size) == nullptr);
}

TEST_CASE("roles: cog.yaml goes before every guess, and what it says wrongly is a problem") {
  api_config config;
  config.inputs[static_cast<size_t>(input_role::prompt)] = {"caption"};
  config.inputs[static_cast<size_t>(input_role::image)] = {"nothing"};
  auto api = make("\"prompt\":" + text + ",\"caption\":" + text, text, config);
  CHECK(input_of(api, input_role::prompt) == "caption");
  REQUIRE(api.problems.size() == 1);
  CHECK(api.problems.front().text() == "inputs.image: the model has no input `nothing`");
}

TEST_CASE("operations: what cannot be done says what to write") {
  auto api = make("\"a\":" + text + ",\"b\":" + text);
  CHECK(
    api.refusal(operation::chat) ==
    "This model does not serve chat completions: no input takes the prompt (text inputs: a, b). Name it in cog.yaml: "
    "api: {inputs: {prompt: a}}");
  CHECK(make("\"prompt\":" + text, file).refusal(operation::chat) ==
        "This model does not serve chat completions: it returns files, not text");
  CHECK(make("\"prompt\":" + text, file).refusal(operation::images).empty());
  CHECK(make("\"prompt\":" + text).refusal(operation::completions).empty());
  CHECK_FALSE(make("\"prompt\":" + text).refusal(operation::embeddings).empty());
  auto vectors = R"({"type":"array","items":{"type":"array","items":{"type":"number"}}})";
  CHECK(make("\"prompt\":" + text, vectors).refusal(operation::embeddings).empty());
}

TEST_CASE("operations: a part of an object output is found by its name, or by cog.yaml") {
  auto object = R"({"type":"object","properties":{"text":{"type":"string"},"sound":)" + file + "}}";
  CHECK(make("\"prompt\":" + text, object).text_field()->name == "text");
  CHECK(make("\"prompt\":" + text, object).file_field() == nullptr);
  api_config config;
  config.output = "sound";
  CHECK(make("\"prompt\":" + text, object, config).file_field()->name == "sound");
}

TEST_CASE("api block: what is wrong with it is told with its place") {
  std::vector<api_problem> problems;
  auto config = read_api_config(
    R"({"name":"m","inputs":{"prompt":"a","size":["w","h"]},"chat":"last","off":["vertex"]})", problems);
  CHECK(problems.empty());
  CHECK(config.name == "m");
  CHECK(config.chat == chat_style::last);
  CHECK_FALSE(config.serves("vertex"));
  CHECK(config.inputs[static_cast<size_t>(input_role::size)] == std::vector<std::string>{"w", "h"});
  read_api_config(R"({"inputs":{"promt":"a","image":["x","y"]},"chat":"tea","off":["ollama"],"more":1})", problems);
  REQUIRE(problems.size() == 5);
  CHECK(problems[1].place == "inputs.image");
}

TEST_CASE("version: a hash of the document that stays") {
  auto version = make("\"a\":" + text).version;
  CHECK(version.size() == 64);
  CHECK(make("\"a\":" + text).version == version);
  CHECK(make("\"b\":" + text).version != version);
}

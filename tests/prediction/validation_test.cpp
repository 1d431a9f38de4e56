#include "request_support.hpp"

using namespace cog;

namespace {

/// The verdict on one value for the property `x` of this schema.
std::string verdict(const std::string& schema, const std::string& value, const std::string& components = "") {
  return verdict_on_input("\"x\":" + value, document_of("\"x\":" + schema, "[]", components));
}

}   // namespace

TEST_CASE("validation: integers may be written as whole floats") {
  auto schema = R"({"type":"integer"})";
  for (auto good : {"3", "-3", "3.0", "1e1", "123456789012345678901234567890"})
    CHECK_MESSAGE(verdict(schema, good) == "valid", good);
  CHECK(verdict(schema, "3.5") == "x: 3.5 is not of type \"integer\"");
  CHECK(verdict(schema, "true") == "x: true is not of type \"integer\"");
  CHECK(verdict(schema, "\"3\"") == "x: \"3\" is not of type \"integer\"");
}

TEST_CASE("validation: every type refuses the others") {
  CHECK(verdict(R"({"type":"number"})", "1.5") == "valid");
  CHECK(verdict(R"({"type":"number"})", "false") == "x: false is not of type \"number\"");
  CHECK(verdict(R"({"type":"boolean"})", "true") == "valid");
  CHECK(verdict(R"({"type":"boolean"})", "1") == "x: 1 is not of type \"boolean\"");
  CHECK(verdict(R"({"type":"string"})", "\"\"") == "valid");
  CHECK(verdict(R"({"type":"string"})", "[]") == "x: [] is not of type \"string\"");
  CHECK(verdict(R"({"type":"array"})", "[1,{}]") == "valid");
  CHECK(verdict(R"({"type":"array"})", "{}") == "x: {} is not of type \"array\"");
  CHECK(verdict(R"({"type":"object"})", "{\"a\":[1]}") == "valid");
  CHECK(verdict(R"({"type":"object"})", "\"a\"") == "x: \"a\" is not of type \"object\"");
  CHECK(verdict("{}", "[null]") == "valid");
  CHECK(verdict(R"({"type":"anything"})", "1") == "valid");
  CHECK(verdict(R"({"type":"null"})", "null") == "valid");
}

TEST_CASE("validation: a list of types accepts each of them") {
  CHECK(verdict(R"({"type":["integer","null"]})", "null") == "valid");
  CHECK(verdict(R"({"type":["integer","null"]})", "1.5") == "x: 1.5 is not of types \"integer\", \"null\"");
  CHECK(verdict(R"({"type":["integer","number"]})", "1.5") == "valid");
  CHECK(verdict(R"({"type":["integer"]})", "\"a\"") == "x: \"a\" is not of type \"integer\"");
}

TEST_CASE("validation: null is accepted where the schema says nullable and nowhere else") {
  CHECK(verdict(R"({"type":"string"})", "null") == "x: null is not of type \"string\"");
  CHECK(verdict(R"({"type":"string","nullable":true,"minLength":3})", "null") == "valid");
  CHECK(verdict(R"({"anyOf":[{"type":"integer"},{"type":"string"}],"nullable":true})", "null") == "valid");
  CHECK(verdict(R"({"allOf":[{"$ref":"#/components/schemas/c"}],"nullable":true})", "null", R"(,"c":{"enum":[1]})") ==
        "valid");
  CHECK(verdict(R"({"type":"array","items":{"type":"integer","nullable":true}})", "[1,null]") == "valid");
}

TEST_CASE("validation: bounds are compared by value") {
  auto schema = R"({"type":"number","minimum":1,"maximum":10})";
  CHECK(verdict(schema, "1.0") == "valid");
  CHECK(verdict(schema, "10") == "valid");
  CHECK(verdict(schema, "0") == "x: 0 is less than the minimum of 1");
  CHECK(verdict(schema, "1E2") == "x: 100.0 is greater than the maximum of 10");
  CHECK(verdict(R"({"maximum":1.50})", "2") == "x: 2 is greater than the maximum of 1.5");
  CHECK(verdict(R"({"maximum":9007199254740992})", "9007199254740993") ==
        "x: 9007199254740993 is greater than the maximum of 9007199254740992");
  CHECK(verdict(R"({"minimum":5})", "\"a\"") == "valid");
}

TEST_CASE("validation: multiples, of fractions too") {
  CHECK(verdict(R"({"multipleOf":5})", "15") == "valid");
  CHECK(verdict(R"({"multipleOf":5})", "7") == "x: 7 is not a multiple of 5");
  CHECK(verdict(R"({"multipleOf":0.1})", "0.3") == "valid");
  CHECK(verdict(R"({"multipleOf":0.1})", "0.35") == "x: 0.35 is not a multiple of 0.1");
  CHECK(verdict(R"({"multipleOf":2})", "9007199254740993") == "x: 9007199254740993 is not a multiple of 2");
  CHECK(verdict(R"({"multipleOf":0})", "7") == "valid");
}

TEST_CASE("validation: items that must differ do so by value") {
  auto schema = R"({"type":"array","uniqueItems":true,"items":{}})";
  CHECK(verdict(schema, R"([1,2,"1",[1],{"a":1}])") == "valid");
  CHECK(verdict(schema, "[1,1]") == "x: [1,1] has non-unique elements");
  CHECK(verdict(schema, "[1,1.0]") == "x: [1,1.0] has non-unique elements");
  CHECK(verdict(schema, "[-0.0,0]") == "x: [-0.0,0] has non-unique elements");
  CHECK(verdict(schema, R"([{"a":1,"b":2},{"b":2,"a":1}])") != "valid");
  CHECK(verdict(schema, "[9007199254740992,9007199254740993]") == "valid");
  CHECK(verdict(R"({"uniqueItems":false})", "[1,1]") == "valid");
}

TEST_CASE("validation: exclusive bounds refuse the bound itself") {
  auto schema = R"({"exclusiveMinimum":1,"exclusiveMaximum":9})";
  CHECK(verdict(schema, "5") == "valid");
  CHECK(verdict(schema, "1") == "x: 1 is less than or equal to the minimum of 1");
  CHECK(verdict(schema, "9") == "x: 9 is greater than or equal to the maximum of 9");
}

TEST_CASE("validation: lengths are counted in code points") {
  CHECK(verdict(R"({"minLength":1})", "\"\"") == "x: \"\" is shorter than 1 character");
  CHECK(verdict(R"({"minLength":2})", "\"é\"") == "x: \"é\" is shorter than 2 characters");
  CHECK(verdict(R"({"maxLength":5})", "\"toolong\"") == "x: \"toolong\" is longer than 5 characters");
  CHECK(verdict(R"({"maxLength":1})", "\"ab\"") == "x: \"ab\" is longer than 1 character");
  CHECK(verdict(R"({"maxLength":2})", "\"\\ud83d\\ude00\\n\"") == "valid");
  CHECK(verdict(R"({"maxLength":2})", "\"😀é\"") == "valid");
  CHECK(verdict(R"({"minLength":-1})", "\"\"") == "valid");
}

TEST_CASE("validation: patterns see the text without its escapes") {
  CHECK(verdict(R"({"pattern":"^[a-z]+$"})", "\"BAD\"") == "x: \"BAD\" does not match \"^[a-z]+$\"");
  CHECK(verdict(R"({"pattern":"^\\d\"$"})", "\"\\u0031\\\"\"") == "valid");
  CHECK(verdict(R"({"pattern":"^a$"})", "5") == "valid");
}

TEST_CASE("validation: choices name the list, then the type") {
  auto schema = R"({"allOf":[{"$ref":"#/components/schemas/size"}]})";
  auto sizes = R"(,"size":{"enum":["small","large"],"type":"string"})";
  CHECK(verdict(schema, "\"large\"", sizes) == "valid");
  CHECK(verdict(schema, "\"l\\u0061rge\"", sizes) == "valid");
  CHECK(verdict(schema, "\"huge\"", sizes) == "x: \"huge\" is not one of [\"small\",\"large\"]");
  CHECK(verdict(schema, "5", sizes) == "x: 5 is not one of [\"small\",\"large\"]; x: 5 is not of type \"string\"");
}

TEST_CASE("validation: choices of any type are compared by value") {
  CHECK(verdict(R"({"enum":[1,true,null,[1,2],{"a":1}]})", "1.0") == "valid");
  CHECK(verdict(R"({"enum":[1]})", "true") == "x: true is not one of [1]");
  CHECK(verdict(R"({"enum":[[1,2],{"a":1}]})", "[1.0, 2]") == "valid");
  CHECK(verdict(R"({"enum":[[1,2],{"a":1}]})", "{\"a\":1.0}") == "valid");
  CHECK(verdict(R"({"enum":[[1,2],{"a":1}]})", "{\"a\":2}") == "x: {\"a\":2} is not one of [[1,2],{\"a\":1}]");
  CHECK(verdict(R"({"enum":[null]})", "null") == "valid");
  CHECK(verdict(R"({"const":3})", "3.0") == "valid");
  CHECK(verdict(R"({"const":3})", "4") == "x: 3 was expected");
}

TEST_CASE("validation: a union accepts what any member accepts") {
  auto schema = R"({"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"string"}}]})";
  CHECK(verdict(schema, "1") == "valid");
  CHECK(verdict(schema, "[\"a\"]") == "valid");
  CHECK(verdict(schema, "true") == "x: true is not valid under any of the schemas listed in the 'anyOf' keyword");
  CHECK(verdict(schema, "[1]") == "x: [1] is not valid under any of the schemas listed in the 'anyOf' keyword");
}

TEST_CASE("validation: all members of allOf must agree") {
  auto schema = R"({"allOf":[{"minimum":1},{"maximum":3}]})";
  CHECK(verdict(schema, "2") == "valid");
  CHECK(verdict(schema, "4") == "x: 4 is greater than the maximum of 3");
  CHECK(verdict(R"({"allOf":[{"items":{"type":"integer"}}]})", "[\"a\"]") == "x/0: \"a\" is not of type \"integer\"");
}

TEST_CASE("validation: items of lists are named by their place") {
  auto schema = R"({"type":"array","items":{"type":"integer"}})";
  CHECK(verdict(schema, "[1, 2.0]") == "valid");
  CHECK(verdict(schema, "[\"a\",1,{\"b\":2}]") ==
        "x/0: \"a\" is not of type \"integer\"; x/2: {\"b\":2} is not of type \"integer\"");
  CHECK(verdict(R"({"items":{"items":{"type":"string"}}})", "[[\"a\"],[1]]") == "x/1/0: 1 is not of type \"string\"");
  CHECK(verdict(schema, "5") == "x: 5 is not of type \"array\"");
}

TEST_CASE("validation: sizes of lists come after their items") {
  auto schema = R"({"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2})";
  CHECK(verdict(schema, "[1,2]") == "valid");
  CHECK(verdict(schema, "[]") == "x: [] has less than 1 item");
  CHECK(verdict(schema, "[1,2,3]") == "x: [1,2,3] has more than 2 items");
  CHECK(verdict(schema, "[1,2,\"a\"]") ==
        "x/2: \"a\" is not of type \"integer\"; x: [1,2,\"a\"] has more than 2 items");
  CHECK(verdict(R"({"minItems":2})", "[1]") == "x: [1] has less than 2 items");
  CHECK(verdict(R"({"maxItems":1})", "[1,2]") == "x: [1,2] has more than 1 item");
}

TEST_CASE("validation: objects are checked inside, missing keys included") {
  auto schema =
    R"({"type":"object","properties":{"a":{"type":"string"},"b/c~":{"type":"integer"}},"required":["z","a"]})";
  CHECK(verdict(schema, "{\"a\":\"\",\"z\":1,\"more\":2}") == "valid");
  CHECK(verdict(schema, "{\"z\":1}") == "x/a: Field required");
  CHECK(verdict(schema, "{}") == "x/z: Field required; x/a: Field required");
  CHECK(verdict(schema, "{\"b/c~\":\"x\",\"a\":1,\"z\":0}") ==
        "x/a: 1 is not of type \"string\"; x/b~1c~0: \"x\" is not of type \"integer\"");
  CHECK(verdict(R"({"required":["k"]})", "{}") == "x/k: Field required");
}

TEST_CASE("validation: additional properties can be forbidden or have a schema") {
  auto closed = R"({"properties":{"a":{}},"additionalProperties":false})";
  CHECK(verdict(closed, "{\"a\":1}") == "valid");
  CHECK(verdict(closed, "{\"z\":1,\"q\":2}") == "x: Additional properties are not allowed ('q', 'z' were unexpected)");
  CHECK(verdict(closed, "{\"z\":1}") == "x: Additional properties are not allowed ('z' was unexpected)");
  auto typed = R"({"additionalProperties":{"type":"integer"}})";
  CHECK(verdict(typed, "{\"a\":1}") == "valid");
  CHECK(verdict(typed, "{\"a\":\"1\"}") == "x/a: \"1\" is not of type \"integer\"");
  CHECK(verdict(R"({"additionalProperties":true})", "{\"a\":1}") == "valid");
}

TEST_CASE("validation: an offending value is shown whole, compact and sorted") {
  CHECK(verdict(R"({"type":"string"})", "{ \"b\" : 1, \"a\" : [ 1, 2.50, \"\\u00e9\\n/\" ] }") ==
        "x: {\"a\":[1,2.5,\"é\\n/\"],\"b\":1} is not of type \"string\"");
  auto text = std::string(10'000, 'y');
  CHECK(verdict(R"({"type":"integer"})", "\"" + text + "\"") == "x: \"" + text + "\" is not of type \"integer\"");
}

TEST_CASE("validation: secrets are never shown") {
  auto masked = "x: \"**********\" is not of type \"string\"";
  CHECK(verdict(R"({"type":"string","x-cog-secret":true})", "12345") == masked);
  CHECK(verdict(R"({"type":"string","writeOnly":true})", "12345") == masked);
  CHECK(verdict(R"({"type":"string","x-cog-secret":true,"maxLength":1})", "\"key\"") ==
        "x: \"**********\" is longer than 1 character");
  CHECK(verdict(R"({"type":"array","items":{"x-cog-secret":true},"maxItems":1})", "[\"k\",\"l\"]") ==
        "x: \"**********\" has more than 1 item");
  CHECK(verdict(R"({"anyOf":[{"$ref":"#/components/schemas/s"}]})", "12345",
                R"(,"s":{"type":"string","writeOnly":true})") ==
        "x: \"**********\" is not valid under any of the schemas listed in the 'anyOf' keyword");
}

TEST_CASE("validation: errors come by property, then by keyword, then missing keys") {
  auto document = document_of(
    R"("b":{"type":"integer","maximum":10},"a":{"type":"string","pattern":"^x","maxLength":1},"z":{},"m":{})",
    R"(["z","m","a"])");
  CHECK(verdict_on_input(R"("b":30.5,"a":"bad")", document) ==
        "a: \"bad\" is longer than 1 character; a: \"bad\" does not match \"^x\"; "
        "b: 30.5 is greater than the maximum of 10; b: 30.5 is not of type \"integer\"; "
        "z: Field required; m: Field required");
}

TEST_CASE("validation: missing keys and values have different types of error") {
  auto document = document_of(R"("a":{"type":"string"},"b":{})", R"(["b"])");
  prediction_request request;
  REQUIRE_FALSE(parse_request(R"({"input":{"a":1}})", document->input.get(), request));
  REQUIRE(request.errors.size() == 2);
  CHECK(request.errors[0].type == "value_error");
  CHECK(request.errors[1].type == "value_error.missing");
}

TEST_CASE("validation: an absent or null input lacks what is required") {
  auto document = document_of(R"("a":{})", R"(["a"])");
  CHECK(verdict_on("{}", document->input.get()) == "a: Field required");
  CHECK(verdict_on(R"({"input":null})", document->input.get()) == "a: Field required");
  CHECK(verdict_on(R"({"input":{}})", document->input.get()) == "a: Field required");
  CHECK(verdict_on(R"({"input":{"a":null}})", document->input.get()) == "valid");
  auto unlisted = document_of("", R"(["b"])");
  CHECK(verdict_on(R"({"input":{"b":1}})", unlisted->input.get()) == "b: Field required");
}

TEST_CASE("validation: an input that is no object is one error at the root") {
  auto document = document_of(R"("a":{})", R"(["a"])");
  CHECK(verdict_on(R"({"input":"text"})", document->input.get()) == "__root__: \"text\" is not of type \"object\"");
  CHECK(verdict_on(R"({"input":[1]})", document->input.get()) == "__root__: [1] is not of type \"object\"");
  CHECK(verdict_on(R"({"input":5})") == "valid");
}

TEST_CASE("validation: of a repeated key only the last value counts") {
  auto document = document_of(R"("x":{"type":"integer"},"xy":{"type":"integer"},"u":{"type":"string","format":"uri"})");
  CHECK(verdict_on_input(R"("x":"a","x":1)", document) == "valid");
  CHECK(verdict_on_input(R"("x":1,"\u0078":"a")", document) == "x: \"a\" is not of type \"integer\"");
  CHECK(verdict_on_input(R"("xy":"b","x":"a","x":1)", document) == "xy: \"b\" is not of type \"integer\"");
  prediction_request request;
  REQUIRE_FALSE(parse_request(R"({"input":{"u":"data:,a","u":"plain"}})", document->input.get(), request));
  CHECK(request.files.empty());
}

TEST_CASE("validation: a thousand errors of one input are enough") {
  auto document = document_of(R"("x":{"items":{"type":"string"}},"y":{"type":"string"})");
  prediction_request request;
  std::string list = "0";
  for (int i = 0; i < 2000; ++i)
    list += ",0";
  REQUIRE_FALSE(parse_request("{\"input\":{\"x\":[" + list + "],\"y\":1}}", document->input.get(), request));
  REQUIRE(request.errors.size() == 1001);
  CHECK(request.errors[999].field == "x/999");
  CHECK(request.errors[1000].field == "y");
}

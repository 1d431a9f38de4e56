#include "prediction/visible_input.hpp"
#include "request_support.hpp"

using namespace cog;

namespace {

std::string shown(const std::string& input, const model_document* document) {
  prediction_request request;
  REQUIRE_FALSE(parse_request(R"({"input":)" + input + "}", document ? document->input.get() : nullptr, request));
  return visible_input(request, document);
}

}   // namespace

TEST_CASE("shown_input: unknown keys are left out and the others sorted") {
  auto document = document_of(R"("b":{"type":"integer"},"a":{"type":"array"})");
  CHECK(shown(R"({ "zebra" : 1, "b" : 2, "a" : [ {"y":1,"x":2} ] })", document.get()) ==
        R"({"a":[{"x":2,"y":1}],"b":2})");
}

TEST_CASE("shown_input: null stands for optional inputs without a default that were left out") {
  auto document = document_of(R"("seed":{"type":"integer","nullable":true},
    "size":{"type":"integer","nullable":true,"default":1},"need":{"type":"integer","nullable":true},
    "count":{"type":"integer"})",
                              R"(["need"])");
  CHECK(shown(R"({"need":7})", document.get()) == R"({"need":7,"seed":null})");
}

TEST_CASE("shown_input: secrets are masked wherever they are") {
  auto document = document_of(R"("key":{"type":"string","x-cog-secret":true,"nullable":true},
    "keys":{"type":"array","items":{"type":"string","x-cog-secret":true}})");
  CHECK(shown(R"({"key":"s3cret","keys":["s3cret"]})", document.get()) ==
        R"({"key":"**********","keys":"**********"})");
  CHECK(shown(R"({"key":null})", document.get()) == R"({"key":null})");
}

TEST_CASE("shown_input: all of the input without a document") {
  CHECK(shown(R"({"b": 1, "a": "s3cret"})", nullptr) == R"({"a":"s3cret","b":1})");
}

TEST_CASE("shown_input: a training's input by the schema of trainings") {
  std::string problem;
  auto document = make_document(R"({"components":{"schemas":{"Input":{"type":"object","properties":{"a":{}}},
    "TrainingInput":{"type":"object","properties":{"b":{}}}}}})",
                                problem);
  REQUIRE(document);
  prediction_request request;
  REQUIRE_FALSE(parse_request(R"({"input":{"a":1,"b":2}})", document->schema_of(true), request));
  request.training = true;
  CHECK(visible_input(request, document.get()) == R"({"b":2})");
}

TEST_CASE("shown_input: what is held of it is counted with the bodies, and given back") {
  auto account = std::make_shared<memory_account>(10);
  prediction_request request;
  REQUIRE_FALSE(parse_request(R"({"input":{"text":"more than ten bytes"}})", nullptr, request));
  request.memory = memory_lease{account};
  auto held = shared_visible_input(request, nullptr);
  CHECK(held.str() == R"({"text":"more than ten bytes"})");
  CHECK(account->used() == held.size());
  held = {};
  CHECK(account->used() == 0);
}

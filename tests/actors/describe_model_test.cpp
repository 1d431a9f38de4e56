#include "actors/describe_model.hpp"
#include <doctest/doctest.h>

using namespace cog;

namespace {

described_frame make_described(std::string_view document) {
  described_frame described;
  described.async = true;
  described.concurrency = 3;
  described.document = document;
  return described;
}

}   // namespace

TEST_CASE("describe_model: the plan follows from the settings and the model") {
  server_config config;
  config.workers = 2;
  std::string problem;
  auto model = describe_model(config, make_described("{}"), problem);
  REQUIRE(model);
  CHECK(problem == "");
  CHECK(model->async);
  CHECK(model->workers == 2);
  CHECK(model->capacity == 3);
}

TEST_CASE("describe_model: a document that checks nothing is a problem") {
  std::string problem;
  CHECK_FALSE(describe_model(server_config{}, make_described("{"), problem));
  CHECK(problem != "");
}

TEST_CASE("describe_model: the document of COG_OPENAPI_SCHEMA stands for the model's own") {
  server_config config;
  config.openapi_schema = R"({"paths":{}})";
  std::string problem;
  auto model = describe_model(config, make_described("{"), problem);
  REQUIRE(model);
  CHECK(model->document->json == config.openapi_schema);
}

TEST_CASE("describe_model: what a training returns has a shape of its own") {
  constexpr std::string_view document =
    R"({"components":{"schemas":{"Output":{"type":"string"},"TrainingOutput":{"type":"array"}}}})";
  server_config config;
  std::string problem;
  CHECK_FALSE(describe_model(config, make_described(document), problem)->document->output_is_array);
  config.mode = "train";
  CHECK(describe_model(config, make_described(document), problem)->document->output_is_array);
}

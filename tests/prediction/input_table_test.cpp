// The cases of tests/wire/inputs.json, which the worker's conversion of inputs is tested against, too.
#include "request_support.hpp"
#include <simdjson.h>

using namespace cog;
namespace dom = simdjson::dom;

namespace {

class table {
public:
  table() { REQUIRE(parser_.load(WIRE_INPUTS).get(root_) == simdjson::SUCCESS); }

  dom::element operator[](std::string_view key) const { return root_[key]; }

private:
  dom::parser parser_;
  dom::element root_;
};

std::string text(dom::element fields, std::string_view key) {
  return std::string{std::string_view{fields[key]}};
}

std::string member(const std::string& name, const std::string& json) {
  return std::string{"\""}.append(name).append("\":").append(json);
}

/// What `verdict_on` says of a case that is judged as written.
std::string expected(dom::element example) {
  dom::array errors;
  if (example["errors"].get(errors) != simdjson::SUCCESS)
    return "valid";
  std::string verdict;
  for (auto error : errors)
    verdict += (verdict.empty() ? "" : "; ") + std::string{std::string_view{error.at(0)}} + ": " +
      std::string{std::string_view{error.at(1)}};
  return verdict;
}

/// The components of choices as they follow another one in a document.
std::string components_of(dom::element fields) {
  dom::object components;
  std::string out;
  if (fields["components"].get(components) == simdjson::SUCCESS)
    for (auto [name, component] : components)
      out += "," + member(std::string{name}, simdjson::minify(component));
  return out;
}

}   // namespace

TEST_CASE("input table: the edge judges every value as written") {
  table cases;
  size_t count = 0;
  for (auto input : dom::array{cases["inputs"]}) {
    auto name = text(input, "name");
    auto document =
      document_of(member(name, simdjson::minify(dom::element{input["property"]})), "[]", components_of(input));
    for (auto example : dom::array{input["cases"]}) {
      auto json = text(example, "json");
      CHECK_MESSAGE(verdict_on_input(member(name, json), document) == expected(example), name << ": " << json);
      ++count;
    }
  }
  CHECK(count > 500);
}

TEST_CASE("input table: the edge judges whole inputs as written") {
  table cases;
  auto whole = cases["whole"];
  std::string problem;
  auto document =
    make_document("{\"components\":{\"schemas\":{\"Input\":" + simdjson::minify(dom::element{whole["input"]}) +
                    components_of(whole) + "}}}",
                  problem);
  REQUIRE_MESSAGE(document, problem);
  for (auto example : dom::array{whole["cases"]}) {
    auto json = text(example, "json");
    CHECK_MESSAGE(verdict_on("{\"input\":" + json + "}", document->input.get()) == expected(example), json);
  }
}

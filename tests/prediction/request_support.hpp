#pragma once
#include "prediction/request.hpp"
#include "prediction/schema.hpp"
#include <doctest/doctest.h>
#include <string>
#include <string_view>

namespace cog {

/// A schema from the members of `properties`, the names that are required (JSON) and further components.
inline document_ptr document_of(const std::string& properties, const std::string& required = "[]",
                                const std::string& components = "") {
  std::string problem;
  auto document = make_document("{\"components\":{\"schemas\":{\"Input\":{\"type\":\"object\",\"properties\":{" +
                                  properties + "},\"required\":" + required + "}" + components + "}}}",
                                problem);
  REQUIRE_MESSAGE(document, problem);
  return document;
}

/// The verdict on a body in one line: the text of a 400 or 422, or each error as `field: message`.
inline std::string verdict_on(const std::string& body, const input_schema* schema = nullptr) {
  prediction_request request;
  if (auto error = parse_request(body, schema, request))
    return (error->malformed ? "400 " : "422 ") + error->message;
  std::string verdict;
  for (auto& error : request.errors)
    verdict += (verdict.empty() ? "" : "; ") + error.field + ": " + error.message;
  return verdict.empty() ? "valid" : verdict;
}

inline std::string verdict_on_input(const std::string& input, const document_ptr& document) {
  return verdict_on("{\"input\":{" + input + "}}", document->input.get());
}

}   // namespace cog

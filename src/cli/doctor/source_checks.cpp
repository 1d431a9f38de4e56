#include "cli/config/words.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/engine/installation.hpp"
#include "cli/image/python.hpp"
#include "json/json_tree.hpp"

namespace cog {

namespace {

std::string request_for(const doctor_subject& subject, bool fix) {
  std::string json = "{\"folder\":";
  append_json_string(json, subject.folder);
  json += ",\"config\":";
  append_json_string(json, subject.file);
  json += std::string{",\"fix\":"} + (fix ? "true" : "false") + ",\"references\":[";
  for (auto& reference : subject.references) {
    json += &reference == &subject.references.front() ? "{\"field\":" : ",{\"field\":";
    append_json_string(json, reference.field);
    json += ",\"value\":";
    append_json_string(json, reference.value);
    json += ",\"line\":" + std::to_string(reference.line) + "}";
  }
  return json + "]}";
}

std::string text_of(const json_value& object, std::string_view key) {
  std::string scratch;
  auto* value = object.find(key);
  return value && value->is(json_kind::string) ? std::string{string_content(*value, scratch)} : std::string{};
}

bool flag_of(const json_value& object, std::string_view key) {
  auto* value = object.find(key);
  return value && value->is_true();
}

void take(check_result& check, const json_value* answer) {
  if (answer == nullptr)
    return;
  check.failure = text_of(*answer, "error");
  if (auto* findings = answer->find("findings"))
    for (auto& one : findings->items) {
      auto* line = one.find("line");
      check.findings.push_back({text_of(one, "file") + ":" + std::string{line ? line->raw : "1"},
                                text_of(one, "message"), text_of(one, "remediation"), flag_of(one, "fixable"),
                                flag_of(one, "fixed")});
    }
}

}   // namespace

std::vector<check_result> check_sources(const doctor_subject& subject, bool fix, const session& common) {
  struct known_check {
    const char* key;
    check_result result;
  };
  std::vector<known_check> known{
    {"names", {"Config", "Deprecated predict interface names", severity::warning, {}, {}, true}},
    {"reference", {"Config", "Predict reference", severity::error}},
    {"old_api", {"Python", "API of 2021", severity::error}},
    {"pydantic", {"Python", "Pydantic BaseModel workaround", severity::error}},
    {"imports", {"Python", "Deprecated imports", severity::error}},
    {"returns", {"Python", "Type annotations", severity::warning}},
  };
  std::string failure;
  std::optional<json_value> answer;
  captured done;
  if (!subject.references.empty()) {
    try {
      done = run_python(find_installation(common).packages, {"-m", "cog._doctor", request_for(subject, fix)},
                        subject.folder);
      json_error problem;
      answer = parse_json(std::string_view{done.out}, problem);
      if (done.status != 0 || !answer)
        failure = "the checks of the source could not be run: " + trimmed(done.err);
    } catch (const command_error& error) {
      failure = error.what();
    }
  }
  std::vector<check_result> results;
  for (auto& [key, result] : known) {
    if (answer)
      take(result, answer->find_path({"checks", key}));
    if (!failure.empty())
      result.failure = failure;
    results.push_back(std::move(result));
  }
  return results;
}

}   // namespace cog

#include "cli/doctor/report.hpp"
#include "json/json_writer.hpp"
#include <algorithm>
#include <array>
#include <iostream>

namespace cog {

namespace {

struct totals {
  size_t errors = 0;
  size_t warnings = 0;
  size_t fixed = 0;
  bool fixable_error = false;
  bool failed = false;
};

void count(totals& all, const check_result& check, bool fix) {
  all.failed = all.failed || !check.failure.empty();
  for (auto& one : check.findings) {
    all.failed = all.failed || (fix && check.mendable && !one.fixed);
    if (one.fixed) {
      ++all.fixed;
    } else if (check.level == severity::warning) {
      ++all.warnings;
    } else {
      ++all.errors;
      all.fixable_error = all.fixable_error || one.fixable;
    }
  }
}

void print_finding(const finding& one, bool fix, const console& messages) {
  messages.info("    " + one.place + (one.place.empty() ? "" : " — ") + one.message);
  if (fix && !one.fixed)
    messages.info("    " +
                  (one.remediation.empty() ? "(no auto-fix available)"
                     : one.remediation.starts_with("Manual migration") || one.remediation.starts_with("cannot migrate")
                     ? one.remediation
                     : "Remediation: " + one.remediation));
}

enum class verdict : uint8_t { fine, fixed, warning, failed };

verdict verdict_of(const check_result& check) {
  auto open = std::any_of(check.findings.begin(), check.findings.end(), [](auto& one) { return !one.fixed; });
  if (!check.failure.empty() || (open && check.level == severity::error))
    return verdict::failed;
  return open ? verdict::warning : check.findings.empty() ? verdict::fine : verdict::fixed;
}

void print_check(const check_result& check, bool fix, const console& messages) {
  auto result = verdict_of(check);
  auto title = (result == verdict::fixed ? "Fixed: " : "") + check.description +
    (check.failure.empty() ? "" : ": " + check.failure);
  // A terminal shows signs, others get words.
  auto line = [&](const char* word) { return (messages.color ? "  " : word) + title; };
  switch (result) {
    case verdict::fine:
    case verdict::fixed:
      messages.success(line("  ok    "));
      break;
    case verdict::warning:
      messages.warn(line("  warn  "));
      break;
    case verdict::failed:
      messages.error(line("  FAIL  "));
      break;
  }
  for (auto& one : check.findings)
    if (result != verdict::fixed)
      print_finding(one, fix, messages);
  for (auto& note : check.notes)
    messages.info("    " + note);
}

}   // namespace

int print_report(const std::vector<check_result>& checks, bool fix, const console& messages) {
  totals all;
  std::string group;
  for (auto& check : checks) {
    if (check.group != group) {
      messages.info("");
      messages.info(check.group);
      group = check.group;
    }
    print_check(check, fix, messages);
    count(all, check, fix);
  }
  messages.info("");
  if (all.fixed > 0)
    messages.success("Fixed " + std::to_string(all.fixed) + " issue(s).");
  if (all.errors + all.warnings > 0)
    messages.info("Found " + std::to_string(all.errors) + " error(s), " + std::to_string(all.warnings) +
                  " warning(s)." + (all.fixable_error && !fix ? " Run \"cog doctor --fix\" to auto-fix." : ""));
  else if (all.fixed == 0 && !all.failed)
    messages.success("no issues found");
  if (all.errors == 0 && !all.failed)
    return 0;
  messages.error("doctor found issues");
  return 1;
}

int print_json_report(const std::vector<check_result>& checks, bool fix) {
  totals all;
  std::string out;
  json_writer json{out};
  json.open("", '{');
  json.open("checks", '[');
  for (auto& check : checks) {
    constexpr std::array words{"ok", "fixed", "warn", "FAIL"};
    json.open("", '{');
    json.text("group", check.group);
    json.text("check", check.description);
    json.text("result", words.at(static_cast<size_t>(verdict_of(check))));
    json.text("error", check.failure);
    json.open("findings", '[');
    for (auto& one : check.findings) {
      json.open("", '{');
      json.text("place", one.place);
      json.text("message", one.message);
      json.text("remediation", one.remediation);
      json.flag("fixable", one.fixable);
      json.flag("fixed", one.fixed);
      json.close('}');
    }
    json.close(']');
    json.open("notes", '[');
    for (auto& note : check.notes)
      json.text("", note);
    json.close(']');
    json.close('}');
    count(all, check, fix);
  }
  json.close(']');
  json.number("errors", all.errors);
  json.number("warnings", all.warnings);
  json.number("fixed", all.fixed);
  json.close('}');
  std::cout << out << std::endl;
  return all.errors == 0 && !all.failed ? 0 : 1;
}

}   // namespace cog

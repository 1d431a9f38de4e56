#include "cli/doctor/report.hpp"
#include <algorithm>

namespace cog {

namespace {

struct totals {
  size_t errors = 0;
  size_t warnings = 0;
  size_t fixed = 0;
  bool fixable_error = false;
  bool failed = false;
};

void count(totals& all, const check_result& check) {
  all.failed = all.failed || !check.failure.empty();
  for (auto& one : check.findings) {
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

void print_check(const check_result& check, bool fix, const console& messages) {
  auto open = std::count_if(check.findings.begin(), check.findings.end(), [](auto& one) { return !one.fixed; });
  auto title = "  " + check.description;
  if (!check.failure.empty())
    messages.error(title + ": " + check.failure);
  else if (check.findings.empty())
    messages.success(title);
  else if (open == 0)
    messages.success("  Fixed: " + check.description);
  else if (check.level == severity::warning)
    messages.warn(title);
  else
    messages.error(title);
  for (auto& one : check.findings)
    if (open != 0)
      print_finding(one, fix, messages);
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
    count(all, check);
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

}   // namespace cog

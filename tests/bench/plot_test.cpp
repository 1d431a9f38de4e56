#include "bench/report_plots.hpp"
#include <doctest/doctest.h>

using namespace cog::bench;

namespace {

using numbers = std::vector<double>;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

}   // namespace

TEST_CASE("plot: nothing of a text is taken for HTML") {
  CHECK(escaped_html("<a href=\"x\" id='y'>&amp;") == "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
  CHECK(escaped_html(std::string_view{"a\0\x01\x1b[31m\nb\tc", 12}) == "a   [31m\nb\tc");
  CHECK(escaped_html("für 日本") == "für 日本");
}

TEST_CASE("plot: ticks are round and cover the range") {
  CHECK(round_values(0, 100, false, 5) == numbers{0, 20, 40, 60, 80, 100});
  CHECK(round_values(0, 7, false, 6) == numbers{0, 2, 4, 6, 8});
  CHECK(round_values(3, 3, false, 6).size() > 1);
  CHECK(round_values(0, 0, false, 6).size() > 1);
  CHECK(round_values(0.02, 90, true, 6) == numbers{0.01, 0.1, 1, 10, 100});
  auto narrow = round_values(1.2, 30, true, 6);
  CHECK(narrow.front() == 1);
  CHECK(narrow.back() == doctest::Approx(50));
}

TEST_CASE("plot: a figure has its points, legend and escaped texts") {
  plot what{"a < b", {"x"}, {"y"}, {{"one", {{{0, 1, "first"}, {1, 2, "se\"cond"}}, {{3, 4, "apart"}}}}}};
  auto html = figure_of(what);
  CHECK(html.find("<figcaption>a &lt; b</figcaption>") != html.npos);
  CHECK(count_of(html, "<circle ") == 3);
  CHECK(count_of(html, "<polyline ") == 1);
  CHECK(html.find("data-label=\"se&quot;cond\"") != html.npos);
  CHECK(html.find("nan") == html.npos);
  CHECK(figure_of({"empty", {}, {}, {{"none", {{}}}}}).empty());
}

TEST_CASE("plot: one point, and one at zero, can be drawn") {
  for (bool logarithmic : {false, true}) {
    plot what{"t", {"x"}, {"y", logarithmic}, {{"s", {{{5, logarithmic ? 7.0 : 0.0, "p"}}}}}};
    auto html = figure_of(what);
    CHECK(count_of(html, "<circle ") == 1);
    CHECK(html.find("nan") == html.npos);
    CHECK(html.find("inf") == html.npos);
  }
}

TEST_CASE("report: a step without answers makes a page without its plots") {
  run_report report;
  report.steps.emplace_back();
  auto html = html_report(report);
  CHECK(count_of(html, "<figure>") == 0);
  CHECK(html.find("</html>") != html.npos);
}

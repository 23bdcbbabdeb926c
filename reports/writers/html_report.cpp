#include "reports/writers/html_report.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "reports/model/record_codec.hpp"
#include "reports/model/report_json.hpp"
#include "reports/writers/evidence_view.hpp"
#include "reports/writers/page_assets.hpp"

namespace watchrig::reports {

namespace json = boost::json;

namespace {

/// The records as the page reads them: report.json and what it shows of the evidence.
json::value page_data(const RunRecord& run, const std::filesystem::path& folder) {
  json::value data = json::parse(to_json(run));
  data.as_object()["seed_text"] = std::to_string(run.seed);  // JavaScript's numbers have 53 bits
  json::array& scenarios = data.as_object()["scenarios"].as_array();
  for (std::size_t s = 0; s < run.scenarios.size(); ++s) {
    json::array& evidence = scenarios[s].as_object()["evidence"].as_array();
    for (std::size_t e = 0; e < run.scenarios[s].evidence.size(); ++e) {
      for (auto& [name, value] : evidence_view(run.scenarios[s].evidence[e], folder)) {
        evidence[e].as_object()[name] = std::move(value);
      }
    }
  }
  return data;
}

/// JSON that can stand inside a script element: no `<` ends the element or begins a comment.
std::string script_data(const json::value& data) {
  std::string text;
  for (const char c : codec::valid_utf8(json::serialize(data))) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string to_html(const RunRecord& run, const std::filesystem::path& folder) {
  return fmt::format(
      R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: 'self' file:">
<title>{} - {}</title>
<style>
{}</style>
</head>
<body>
<main id="page"><noscript>This report shows itself with a script inside this file; report.json holds the same facts.</noscript></main>
<script type="application/json" id="report">{}</script>
<script>
{}{}{}{}{}</script>
</body>
</html>
)",
      to_string(overall_verdict(run)), escape(codec::valid_utf8(run.title)), embedded::page_report_css,
      script_data(page_data(run, folder)), embedded::page_report_basics_js, embedded::page_report_plots_js,
      embedded::page_report_timeline_js, embedded::page_report_scenario_js, embedded::page_report_page_js);
}

}  // namespace watchrig::reports

#include "reports/model/report_json.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

namespace watchrig::reports {
namespace {

using base::ErrorKind;
using testing::HasSubstr;

std::string file_text(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The report that tests of the writers use too; it has a value in every field.
const std::string& sample() {
  static const std::string text = file_text("reports/approved/sample/report.json");
  return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

std::string error_of(const std::string& text) {
  const auto run = parse_report(text);
  return run ? "" : run.error().message;
}

/// Every name of a field in the value, at any depth.
void collect_names(const boost::json::value& value, std::set<std::string>& names) {
  if (const auto* object = value.if_object()) {
    for (const auto& field : *object) {
      names.insert(field.key());
      collect_names(field.value(), names);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& entry : *array) collect_names(entry, names);
  }
}

TEST(ReportJson, reads_back_what_it_writes) {
  const auto run = parse_report(sample());
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(to_json(*run), sample());
  EXPECT_EQ(run->scenarios[1].verdict, Verdict::fail);
  EXPECT_EQ(run->scenarios[1].seed, 18446744073709551615U);
}

TEST(ReportJson, is_documented_field_by_field) {
  const std::string document = file_text("reports/model/report_format.md");
  std::set<std::string> names;
  collect_names(boost::json::parse(sample()), names);
  for (const std::string& name : names) EXPECT_THAT(document, HasSubstr("`" + name + "`"));
}

TEST(ReportJson, keeps_times_to_the_nanosecond) {
  RunRecord run;
  run.begin = base::UtcTime(std::chrono::nanoseconds(1234567890123456789));
  EXPECT_EQ(parse_report(to_json(run))->begin, run.begin);
}

TEST(ReportJson, survives_hostile_text_and_numbers) {
  RunRecord run;
  run.title = std::string("\xFF\xC0\x80 <script>\"\\\0", 15) + "\xED\xA0\x80";
  Measurement& measurement = run.scenarios.emplace_back().measurements.emplace_back();
  measurement.samples = {std::nan(""), std::numeric_limits<double>::infinity(), 1};
  const auto read = parse_report(to_json(run));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->title, HasSubstr("\xEF\xBF\xBD"));
  EXPECT_THAT(read->title, HasSubstr(" <script>\"\\"));
  EXPECT_EQ(read->scenarios[0].measurements[0].samples.back(), 1);
}

TEST(ReportJson, ignores_unknown_fields_and_defaults_absent_ones) {
  const auto run =
      parse_report(R"({"format":"watchrig-report","version":1,"colour":"red","scenarios":[{"id":"a"}]})");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->scenarios[0].verdict, Verdict::pass);
}

TEST(ReportJson, truncated_anywhere_is_an_error) {
  const std::string& text = sample();
  for (std::size_t length = 0; length + 2 < text.size(); length += 37) {
    const auto run = parse_report(std::string_view(text).substr(0, length));
    ASSERT_FALSE(run) << length;
    EXPECT_EQ(run.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(run.error().message, HasSubstr("not JSON"));
  }
}

TEST(ReportJson, names_the_path_of_a_field_of_the_wrong_type) {
  const std::string& text = sample();
  EXPECT_EQ(
      error_of(replaced(text, R"("verdict":"fail")", R"("verdict":"failed")")),
      "scenarios[1].verdict: expected one of pass, pass-with-note, skip, inconclusive, fail, harness-error, "
      "found \"failed\"");
  EXPECT_THAT(error_of(replaced(text, R"("verb":"add-device")", R"("verb":7)")),
              HasSubstr("scenarios[0].steps[0].verb: expected text, found 7"));
  EXPECT_THAT(error_of(replaced(text, R"("samples":[)", R"("samples":["x",)")),
              HasSubstr("samples[0]: expected a number"));
  EXPECT_THAT(error_of(R"({"format":"watchrig-report","version":1,"scenarios":{}})"),
              HasSubstr("scenarios: expected a list"));
  EXPECT_THAT(error_of(R"({"format":"watchrig-report","version":1,"seed":-1})"),
              HasSubstr("seed: expected a whole"));
  EXPECT_THAT(error_of(R"({"format":"watchrig-report","version":1,"begin":"yesterday"})"),
              HasSubstr("begin: expected a time"));
}

TEST(ReportJson, refuses_other_files_and_versions) {
  EXPECT_THAT(error_of("[]"), HasSubstr("not a report"));
  EXPECT_THAT(error_of("{}"), HasSubstr("not a report"));
  EXPECT_THAT(error_of("{} {}"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(R"({"format":"watchrig-report","version":2})"), HasSubstr("report version 2"));
}

TEST(ReportJson, does_not_follow_hostile_nesting) {
  EXPECT_THAT(error_of(std::string(100000, '[')), HasSubstr("not JSON"));
}

}  // namespace
}  // namespace watchrig::reports

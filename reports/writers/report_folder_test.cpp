#include "reports/writers/report_folder.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include "reports/model/report_json.hpp"
#include "reports/writers/html_report.hpp"
#include "reports/writers/junit_report.hpp"

namespace watchrig::reports {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

ScenarioRecord scenario(const std::string& id, Verdict verdict, const std::string& reason = {}) {
  ScenarioRecord record;
  record.id = id;
  record.title = "Title of " + id;
  record.file = "suites/" + id + ".xml";
  record.verdict = verdict;
  record.reason = reason;
  record.real_seconds = 1.5;
  return record;
}

class ReportFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "report_folder_test";
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "evidence");
    run_.title = "watchrig run";
    run_.scenarios = {scenario("a", Verdict::pass), scenario("b", Verdict::fail, "2 frames are missing"),
                      scenario("c", Verdict::skip, "no such device"),
                      scenario("d", Verdict::harness_error, "the rig died"),
                      scenario("e", Verdict::inconclusive, "no sample")};
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string write_evidence(const std::string& path, const std::string& text) {
    std::ofstream(folder_ / path, std::ios::binary) << text;
    return path;
  }

  fs::path folder_;
  RunRecord run_;
};

TEST_F(ReportFolderTest, WritesThreeFilesAndReadsThemBack) {
  ASSERT_TRUE(write_report(run_, folder_ / "deep" / "er"));
  for (const char* name : {"report.json", "junit.xml", "index.html"}) {
    EXPECT_TRUE(fs::exists(folder_ / "deep" / "er" / name)) << name;
  }
  const auto read = read_report(folder_ / "deep" / "er");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(run_));
}

TEST_F(ReportFolderTest, ErrorsNameTheFile) {
  write_evidence("file", "x");
  EXPECT_THAT(write_report(run_, folder_ / "file").error().message, HasSubstr("file"));
  EXPECT_THAT(read_report(folder_ / "nothing").error().message, HasSubstr("nothing"));
  write_evidence("report.json", "{\"format\":");
  EXPECT_THAT(read_report(folder_).error().message, HasSubstr("report.json"));
}

TEST_F(ReportFolderTest, JunitCountsEveryKindOfVerdict) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(to_junit(run_).c_str()));
  const auto root = document.child("testsuites");
  EXPECT_EQ(root.attribute("tests").as_int(), 5);
  EXPECT_EQ(root.attribute("failures").as_int(), 1);
  EXPECT_EQ(root.attribute("errors").as_int(), 2);
  EXPECT_EQ(root.attribute("skipped").as_int(), 1);
  const auto failure = document.select_node("//testcase[@name='b']/failure").node();
  EXPECT_STREQ(failure.attribute("message").value(), "2 frames are missing");
  EXPECT_TRUE(document.select_node("//testcase[@name='c']/skipped").node());
}

TEST_F(ReportFolderTest, ARunThatSelectedNothingErrsInJunit) {
  run_.scenarios.clear();
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(to_junit(run_).c_str()));
  EXPECT_EQ(document.child("testsuites").attribute("errors").as_int(), 1);
}

TEST_F(ReportFolderTest, HostileTextNeverBecomesMarkup) {
  const std::string hostile = "</script><script>alert(1)</script>\x01\xff<!--";
  run_.title = hostile;
  run_.scenarios[1].reason = hostile;
  run_.scenarios[1].id = hostile;
  const std::string page = to_html(run_, folder_);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("\xff<")));
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(to_junit(run_).c_str()));
}

TEST_F(ReportFolderTest, ThePageFetchesNothing) {
  const std::string page = to_html(run_, folder_);
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST_F(ReportFolderTest, EvidenceIsShownFromTheFolderOnly) {
  std::ofstream(folder_.parent_path() / "secret.log") << "do not show";
  std::string log;
  for (int i = 0; i < 100; ++i) log += "line " + std::to_string(i) + "\n";
  run_.scenarios[0].evidence = {
      {"log", EvidenceKind::log, write_evidence("evidence/vmsd log.txt", log), ""},
      {"still", EvidenceKind::still, write_evidence("evidence/still.png", "\x89PNG-not-really"), ""},
      {"outside", EvidenceKind::log, "../secret.log", ""},
      {"gone", EvidenceKind::capture, "evidence/gone.pcap", ""}};
  const std::string page = to_html(run_, folder_);
  EXPECT_THAT(page, HasSubstr("line 99"));
  EXPECT_THAT(page, HasSubstr("line 60"));
  EXPECT_THAT(page, Not(HasSubstr("line 59")));
  EXPECT_THAT(page, HasSubstr("evidence/vmsd%20log.txt"));
  EXPECT_THAT(page, HasSubstr("data:image/png;base64,"));
  EXPECT_THAT(page, Not(HasSubstr("do not show")));
  EXPECT_THAT(page, HasSubstr("outside of the report folder"));
  EXPECT_THAT(page, HasSubstr("not in the report folder"));
  fs::remove(folder_.parent_path() / "secret.log");
}

}  // namespace
}  // namespace watchrig::reports

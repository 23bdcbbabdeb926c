#include "conformance/requirements/coverage.hpp"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>

namespace watchrig::requirements {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

Catalogue three_rows() {
  Catalogue catalogue;
  EXPECT_TRUE(catalogue.add("doc",
                            "id\tclause\tarea\tlevel\ttitle\n"
                            "X-1\t1\tlive\tmust\tOne\nX-2\t1\tlive\tmust\tTwo\nX-3\t2\traid\tmay\tThree\n"));
  return catalogue;
}

Proof proof_of(const std::vector<Claim>& claims) {
  const Catalogue catalogue = three_rows();
  return assess(catalogue, claims).rows[0].proof;
}

class SuiteFolder : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(path / "inner"); }
  void TearDown() override { fs::remove_all(path); }
  void write(const char* name, const char* text) { std::ofstream(path / name) << text; }

  const fs::path path = fs::path(testing::TempDir()) / ("suites" + std::to_string(getpid()));
};

TEST(Coverage, is_proven_only_when_some_passed_and_none_that_ran_did_not) {
  EXPECT_EQ(proof_of({}), Proof::unproven);
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::not_run}}), Proof::claimed);
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::not_passed}}), Proof::claimed);
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::passed}}), Proof::proven);
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::passed}, {"X-1", "b", "", Outcome::not_run}}), Proof::proven);
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::passed}, {"X-1", "b", "", Outcome::not_passed}}),
            Proof::claimed);
}

TEST(Coverage, newer_outcome_of_a_scenario_replaces_the_older) {
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::passed}, {"X-1", "a", "", Outcome::not_passed}}),
            Proof::claimed);
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::not_passed}, {"X-1", "a", "", Outcome::passed}}),
            Proof::proven);
  EXPECT_EQ(proof_of({{"X-1", "a", "", Outcome::passed}, {"X-1", "a", "", Outcome::not_run}}), Proof::proven);
}

TEST(Coverage, tallies_by_document_and_area) {
  const Catalogue catalogue = three_rows();
  const Coverage coverage =
      assess(catalogue, {{"X-1", "a", "", Outcome::passed}, {"X-3", "a", "", Outcome::not_run}});
  EXPECT_EQ(coverage.tally("doc").total, 3U);
  EXPECT_EQ(coverage.tally("doc").proven, 1U);
  EXPECT_EQ(coverage.tally("doc").claimed, 1U);
  EXPECT_EQ(coverage.tally("doc").unproven(), 1U);
  EXPECT_EQ(coverage.tally("doc", "live").total, 2U);
  EXPECT_EQ(coverage.tally("other").total, 0U);
}

TEST(Coverage, reports_unknown_ids_with_their_file) {
  const Catalogue catalogue = three_rows();
  const Coverage coverage = assess(catalogue, {{"X-9", "a", "suite/a.xml", Outcome::passed}});
  ASSERT_EQ(coverage.unknown.size(), 1U);
  EXPECT_EQ(coverage.unknown[0].where, "suite/a.xml");
}

TEST(Coverage, splits_ids_at_blanks) {
  EXPECT_THAT(split_ids("  V-1 V-2\tV-3\n V-4 "), ElementsAre("V-1", "V-2", "V-3", "V-4"));
  EXPECT_TRUE(split_ids(" ").empty());
}

TEST_F(SuiteFolder, yields_the_claims_of_all_scenario_files) {
  write("b.xml", R"(<scenario id="b" verifies="X-2"/>)");
  write("inner/a.xml", R"(<suite><scenario id="a" verifies="X-1 X-3"/><scenario id="c"/></suite>)");
  write("notes.txt", "<scenario");
  const auto claims = read_claims(path);
  ASSERT_TRUE(claims) << claims.error().message;
  ASSERT_EQ(claims->size(), 3U);
  EXPECT_EQ((*claims)[0].scenario, "b");
  EXPECT_EQ((*claims)[2].requirement, "X-3");
  EXPECT_THAT((*claims)[2].where, HasSubstr("inner/a.xml"));
}

TEST_F(SuiteFolder, refuses_broken_files_and_missing_folders) {
  write("broken.xml", "<scenario id='x'");
  const auto broken = read_claims(path);
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("broken.xml"));
  EXPECT_FALSE(read_claims(path / "absent"));
}

}  // namespace
}  // namespace watchrig::requirements

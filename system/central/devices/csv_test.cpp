#include "system/central/devices/csv.hpp"

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<CsvRow> rows_of(std::string_view text) { return parse_csv(text).value(); }
std::string refusal_of(std::string_view text, const CsvLimits& limits = {}) {
  const auto rows = parse_csv(text, limits);
  return rows ? "accepted" : rows.error().message;
}

TEST(Csv, ReadsWhatSpreadsheetsWrite) {
  const auto expected = ElementsAre(CsvRow{"a", "b c"}, CsvRow{"1", ""});
  EXPECT_THAT(rows_of("a,b c\r\n1,\r\n"), expected);
  EXPECT_THAT(rows_of("\xef\xbb\xbf"
                      "a;b c\n1;"),
              expected);
  EXPECT_THAT(rows_of("sep=;\r\na;b c\r1;\r"), expected);
  EXPECT_THAT(rows_of("a\tb c\n\n\"1\"\t\"\"\n"), expected);
  EXPECT_THAT(rows_of("\"a,;b\";\"c\"\"d\"\r\n\"x\ny\";z"),
              ElementsAre(CsvRow{"a,;b", "c\"d"}, CsvRow{"x\ny", "z"}));
  EXPECT_TRUE(rows_of("").empty());
  EXPECT_TRUE(rows_of("\r\n\n").empty());
}

TEST(Csv, SaysInWhichLineItIsBroken) {
  EXPECT_EQ(refusal_of("a,b\n\"x\ny\",\"z"), "line 3: a quotation mark is not closed");
  EXPECT_THAT(refusal_of("a,b\n\"x\"y,z"), HasSubstr("line 2: text stands behind"));
}

TEST(Csv, RefusesWhatIsNoUtf8) {
  EXPECT_TRUE(parse_csv("Name,IP\r\nM\xc3\xbcller,1"));
  EXPECT_FALSE(parse_csv("Name,IP\r\nM\xfcller,1"));
}

TEST(Csv, HasLimits) {
  const CsvLimits limits{2, 3, 4};
  EXPECT_EQ(refusal_of("a,b,c\n1,2,3333\n", limits), "accepted");
  EXPECT_THAT(refusal_of("a\nb\nc", limits), HasSubstr("more than 2 lines"));
  EXPECT_THAT(refusal_of("a,b,c,d", limits), HasSubstr("more than 3 columns"));
  EXPECT_THAT(refusal_of("a,55555", limits), HasSubstr("longer than 4 bytes"));
}

TEST(Csv, QuotesOnlyWhatMustBe) {
  EXPECT_EQ(csv_line({"a b", "c,d", "e\"f", "", "g\nh"}), "a b,\"c,d\",\"e\"\"f\",,\"g\nh\"\r\n");
}

TEST(Csv, AFormulaIsMadeATextAndBack) {
  for (const char* field : {"=1+1", "+49", "-x", "@SUM(A1)", "\t=1", "'=1", "''=1", "plain", "'plain", ""}) {
    EXPECT_EQ(unguarded(guarded(field)), field);
  }
  EXPECT_EQ(guarded("=1+1"), "'=1+1");
  EXPECT_EQ(guarded("a=1"), "a=1");
}

TEST(Csv, ATableForSpreadsheetsHasAMarkAndNoFormula) {
  CsvTable table({"Name", "Port"});
  table.add({"=1+1", "80"});
  EXPECT_EQ(std::move(table).text(), std::string(byte_order_mark) + "Name,Port\r\n'=1+1,80\r\n");
}

}  // namespace
}  // namespace watchrig::central

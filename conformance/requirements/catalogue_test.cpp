#include "conformance/requirements/catalogue.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

namespace watchrig::requirements {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(std::string_view text) {
  Catalogue catalogue;
  const auto added = catalogue.add("doc", text);
  return added ? "" : added.error().message;
}

TEST(Catalogue, holds_every_row_of_the_four_documents) {
  const Catalogue& catalogue = Catalogue::built_in();
  EXPECT_THAT(catalogue.documents(), ElementsAre("platform", "ivss", "micro", "h626"));
  EXPECT_EQ(catalogue.list("platform").size(), 139U);
  EXPECT_EQ(catalogue.list("ivss").size(), 260U);
  EXPECT_EQ(catalogue.list("micro").size(), 100U);
  EXPECT_EQ(catalogue.list("h626").size(), 328U);
  EXPECT_EQ(catalogue.all().size(), 827U);
}

TEST(Catalogue, rows_are_well_formed) {
  const std::set<std::pair<std::string, char>> prefixes{
      {"platform", 'P'}, {"ivss", 'V'}, {"micro", 'M'}, {"h626", 'H'}};
  for (const Requirement& row : Catalogue::built_in().all()) {
    EXPECT_TRUE(prefixes.contains({row.document, row.id[0]})) << row.id;
    // Characters, not bytes: continuation bytes of UTF-8 do not count.
    EXPECT_LE(std::ranges::count_if(row.title, [](char c) { return (c & 0xC0) != 0x80; }), 90) << row.id;
    EXPECT_FALSE(row.verify.empty()) << row.id;
  }
}

TEST(Catalogue, finds_by_id_and_lists_by_area) {
  const Catalogue& catalogue = Catalogue::built_in();
  const Requirement* row = catalogue.find("P-I.1-1");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->area, "roles");
  EXPECT_EQ(catalogue.find("P-I.1-99"), nullptr);
  EXPECT_EQ(catalogue.find(""), nullptr);
  EXPECT_EQ(catalogue.list("ivss", "raid").size(), 10U);
  EXPECT_TRUE(catalogue.list("ivss", "nothing").empty());
}

TEST(Catalogue, accepts_columns_in_any_order_and_dos_line_ends) {
  Catalogue catalogue;
  ASSERT_TRUE(catalogue.add("doc", "level\tid\ttitle\tarea\tclause\r\nmust\tX-1\tIt works\tlive\t1.1\r\n"));
  ASSERT_NE(catalogue.find("X-1"), nullptr);
  EXPECT_EQ(catalogue.find("X-1")->title, "It works");
}

TEST(Catalogue, refuses_unknown_missing_and_repeated_columns) {
  EXPECT_THAT(error_of("id\tclause\tarea\tlevel\ttitle\tcolour\n"), HasSubstr("unknown column \"colour\""));
  EXPECT_THAT(error_of("id\tclause\tarea\tlevel\n"), HasSubstr("column \"title\" is missing"));
  EXPECT_THAT(error_of("id\tid\tclause\tarea\tlevel\ttitle\n"), HasSubstr("there twice"));
  EXPECT_THAT(error_of(""), HasSubstr("no header"));
}

TEST(Catalogue, refuses_bad_rows_naming_the_line) {
  const std::string header = "id\tclause\tarea\tlevel\ttitle\n";
  EXPECT_THAT(error_of(header + "X-1\t1\tlive\tmust\n"), HasSubstr("doc line 2: 4 fields"));
  EXPECT_THAT(error_of(header + "\t1\tlive\tmust\tIt\n"), HasSubstr("id is empty"));
  EXPECT_THAT(error_of(header + "X-1\t1\tlive\tshall\tIt\n"), HasSubstr("level \"shall\""));
  EXPECT_THAT(error_of(header + "X-1\t1\tlive\tmust\tIt\n\nX-1\t2\tlive\tmay\tIt\n"),
              HasSubstr("doc line 4: id X-1"));
}

TEST(Catalogue, refuses_an_id_that_another_document_has) {
  Catalogue catalogue;
  const std::string text = "id\tclause\tarea\tlevel\ttitle\nX-1\t1\tlive\tmust\tIt\n";
  ASSERT_TRUE(catalogue.add("one", text));
  EXPECT_FALSE(catalogue.add("two", text));
}

}  // namespace
}  // namespace watchrig::requirements

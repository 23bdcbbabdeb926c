#include "system/protocols/onvif/answer_parts.hpp"

#include <gtest/gtest.h>

namespace watchrig::protocols {
namespace {

TEST(AnswerPartsTest, ANameIsCutBetweenCharacters) {
  const std::string letters(longest_name, 'x');
  EXPECT_EQ(entity_name(""), "");
  EXPECT_EQ(entity_name("Gate", " main"), "Gate main");
  EXPECT_EQ(entity_name(letters), letters);
  EXPECT_EQ(entity_name(letters + "yz"), letters);
  EXPECT_EQ(entity_name(letters, " sub"), letters.substr(4) + " sub");
  std::string wide;
  for (std::size_t n = 0; n < longest_name; ++n) wide += "\xe9\x97\xa8";
  EXPECT_EQ(entity_name(wide), wide) << "characters count, not bytes";
  EXPECT_EQ(entity_name("x" + wide), "x" + wide.substr(3));
  const std::string broken(longest_name + 1, '\xff');
  EXPECT_EQ(entity_name(broken).size(), longest_name);
}

TEST(AnswerPartsTest, AConfigurationHasANameThatTheSchemaTakes) {
  pugi::xml_document document;
  begin_entity(document.append_child("c"), "c1", std::string(longest_name + 1, 'x'), 1);
  EXPECT_EQ(std::string_view(document.first_child().child("tt:Name").text().get()).size(), longest_name);
}

}  // namespace
}  // namespace watchrig::protocols

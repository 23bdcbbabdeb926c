#include "system/central/configuration/sealed_file.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using base::ErrorKind;

TEST(SealedFile, OpensWithItsPasswordOnly) {
  for (const std::string& content : {std::string(), std::string("x"), std::string(100'000, '\0')}) {
    const auto file = seal_file(content, "Old.Oak.Tree");
    ASSERT_TRUE(file);
    EXPECT_EQ(*open_sealed_file(*file, "Old.Oak.Tree"), content);
    EXPECT_EQ(open_sealed_file(*file, "Old.Oak.tree").error().kind, ErrorKind::denied);
    EXPECT_EQ(open_sealed_file(*file, "").error().kind, ErrorKind::denied);
  }
}

TEST(SealedFile, IsAnotherEachTimeAndShowsNothing) {
  const auto one = *seal_file("a secret text", "Old.Oak.Tree");
  EXPECT_NE(one, *seal_file("a secret text", "Old.Oak.Tree"));
  EXPECT_EQ(one.find("secret"), std::string::npos);
  EXPECT_EQ(one.rfind("WATCHRIG-CONFIGURATION 1\n", 0), 0U);
}

TEST(SealedFile, EveryFlippedByteAndEveryCutIsDamage) {
  const auto file = *seal_file("content", "Old.Oak.Tree");
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto flipped = file;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    const auto opened = open_sealed_file(flipped, "Old.Oak.Tree");
    ASSERT_FALSE(opened) << at;
    EXPECT_NE(opened.error().kind, ErrorKind::denied) << at;
    EXPECT_EQ(open_sealed_file(file.substr(0, at), "Old.Oak.Tree").error().kind, ErrorKind::corrupt) << at;
  }
  EXPECT_EQ(open_sealed_file(file + "x", "Old.Oak.Tree").error().kind, ErrorKind::corrupt);
}

TEST(SealedFile, OfANewerProgramIsSaidSo) {
  auto file = *seal_file("content", "Old.Oak.Tree");
  file[file.find('\n') - 1] = '2';
  const auto opened = open_sealed_file(file, "Old.Oak.Tree");
  EXPECT_EQ(opened.error().kind, ErrorKind::unsupported);
  EXPECT_NE(opened.error().message.find("newer"), std::string::npos);
}

}  // namespace
}  // namespace watchrig::central

#include "system/central/configuration/file_bundle.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

TEST(FileBundle, FilesComeBackAsTheyWere) {
  const FileBundle files{{"a.db", std::string("\0\n1 x\n", 6)}, {"certificates/own.db", ""}, {"b", "\xff"}};
  EXPECT_EQ(*unpack_bundle(pack_bundle(files)), files);
  EXPECT_TRUE(unpack_bundle("")->empty());
}

TEST(FileBundle, WhatIsNoneIsRefused) {
  for (const char* text : {"x", "1 a", "2 a\nx", "-1 a\n", "1 \nx", "1 /etc/passwd\nx", "1 ../a\nx",
                           "1 a b\nx", "1 a\nx1 a\ny", "99999999999999999999 a\nx", "1 a\nxy"})
    EXPECT_FALSE(unpack_bundle(text)) << text;
  EXPECT_FALSE(unpack_bundle("1 " + std::string(300, 'a') + "\nx"));
}

}  // namespace
}  // namespace watchrig::central

#include "system/platform/sha256.hpp"

#include <gtest/gtest.h>

namespace watchrig::platform {
namespace {

/// FIPS 180-4, as its examples have it.
constexpr const char* of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256Test, IsOfAllPartsSinceTheLastTake) {
  Sha256 digest;
  EXPECT_EQ(digest.take(), of_nothing);
  digest.add("abc", 3);
  EXPECT_EQ(digest.take(), of_abc);
  digest.add("a", 1);
  digest.add("bc", 2);
  EXPECT_EQ(digest.take(), of_abc);
}

}  // namespace
}  // namespace watchrig::platform

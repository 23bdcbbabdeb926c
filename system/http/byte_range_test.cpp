#include "system/http/byte_range.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace watchrig::http {
namespace {

/// "2+3": three bytes from the third one on; "none"; "whole".
std::string part(std::string_view header, std::uint64_t size) {
  const auto range = parse_byte_range(header, size);
  if (!range) return "whole";
  return range->bytes == 0 ? "none" : fmt::format("{}+{}", range->first, range->bytes);
}

TEST(ByteRangeTest, FromAByteOn) {
  EXPECT_EQ(part("bytes=0-", 10), "0+10");
  EXPECT_EQ(part("bytes=9-", 10), "9+1");
  EXPECT_EQ(part("bytes=10-", 10), "none");
  EXPECT_EQ(part("bytes=0-", 0), "none");
}

TEST(ByteRangeTest, FromOneByteToAnother) {
  EXPECT_EQ(part("bytes=0-0", 10), "0+1");
  EXPECT_EQ(part("bytes=2-4", 10), "2+3");
  EXPECT_EQ(part("bytes=9-9", 10), "9+1");
  EXPECT_EQ(part("bytes=0-9", 10), "0+10");
  EXPECT_EQ(part("bytes=8-10", 10), "8+2");
  EXPECT_EQ(part("bytes=10-10", 10), "none");
  EXPECT_EQ(part("bytes=0-0", 0), "none");
  EXPECT_EQ(part("bytes=007-0008", 10), "7+2");
}

TEST(ByteRangeTest, SoManyOfTheEnd) {
  EXPECT_EQ(part("bytes=-1", 10), "9+1");
  EXPECT_EQ(part("bytes=-10", 10), "0+10");
  EXPECT_EQ(part("bytes=-11", 10), "0+10");
  EXPECT_EQ(part("bytes=-0", 10), "none");
  EXPECT_EQ(part("bytes=-0", 0), "none");
  EXPECT_EQ(part("bytes=-5", 0), "whole");
}

TEST(ByteRangeTest, NumbersBeyondAllSizesAreBeyondTheEnd) {
  EXPECT_EQ(part("bytes=3-18446744073709551615", 10), "3+7");
  EXPECT_EQ(part("bytes=3-18446744073709551616", 10), "3+7");
  EXPECT_EQ(part("bytes=18446744073709551616-", 10), "none");
  EXPECT_EQ(part("bytes=99999999999999999999-99999999999999999999", 10), "none");
  EXPECT_EQ(part("bytes=-99999999999999999999", 10), "0+10");
  EXPECT_EQ(part("bytes=0-18446744073709551615", UINT64_MAX), "0+18446744073709551615");
}

TEST(ByteRangeTest, BlanksAreLeftOutAroundTheRangeOnly) {
  EXPECT_EQ(part("bytes= 2-4\t", 10), "2+3");
  EXPECT_EQ(part("Bytes=2-4", 10), "2+3");
  for (const char* header : {"bytes =2-4", " bytes=2-4", "bytes=2 -4", "bytes=2- 4", "bytes=- 4"})
    EXPECT_EQ(part(header, 10), "whole") << header;
}

TEST(ByteRangeTest, WhatIsMalformedOrOtherwiseAskedIsNoRange) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=a-b", "bytes=4-2",
                             "bytes=+1-2", "bytes=1-+2", "bytes=--1", "bytes=1-2-3", "bytes=0x1-2",
                             "bytes=1.5-2", "bytes=0-1,3-4", "bytes=0-1,", "lines=0-1", "2-4", "=2-4"})
    EXPECT_EQ(part(header, 10), "whole") << header;
}

}  // namespace
}  // namespace watchrig::http

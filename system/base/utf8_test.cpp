#include "system/base/utf8.hpp"

#include <gtest/gtest.h>

namespace watchrig::base {
namespace {

using namespace std::string_view_literals;

TEST(Utf8Test, TakesTheFirstAndTheLastOfEachLength) {
  for (const auto text :
       {""sv, "\0"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(utf8_length(text), text.size());
  }
}

TEST(Utf8Test, RefusesWhatIsNone) {
  for (const auto text : {"\x80"sv, "\xc0\xae"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv,
                          "\xed\xbf\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv,
                          "\xff"sv, "\xc3"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "\xc3\x28"sv}) {
    EXPECT_EQ(utf8_length(text), 0U);
    EXPECT_FALSE(is_utf8("a" + std::string(text) + "b"));
  }
}

}  // namespace
}  // namespace watchrig::base

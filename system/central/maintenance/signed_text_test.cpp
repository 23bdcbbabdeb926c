#include "system/central/maintenance/signed_text.hpp"

#include <gtest/gtest.h>

#include "system/central/maintenance/testing/test_maker.hpp"

namespace watchrig::central {
namespace {

using base::ErrorKind;
using testing::TestMaker;

constexpr auto title = "WATCHRIG-TEST";

ErrorKind refusal(const std::string& file, const MakerKey& maker) {
  const auto read = read_signed_text(file, title, maker);
  EXPECT_FALSE(read) << file;
  return read ? ErrorKind::io : read.error().kind;
}

TEST(SignedText, FieldsComeInTheirOrderAndWhatFollowsIsLeft) {
  const TestMaker maker;
  const auto head = maker.sign("WATCHRIG-TEST 1\nb: 2\na:  one: two \nb: 3\n");
  const auto read = read_signed_text(head + "signature: no\nbytes", title, maker.key());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->bytes, head.size());
  EXPECT_EQ(read->value("a"), "one: two");
  EXPECT_EQ(read->value("b"), "2");
  EXPECT_EQ(read->value("c"), "");
  EXPECT_EQ(read->fields.size(), 4U);
}

TEST(SignedText, OneChangedByteIsNoticedWhereverItIs) {
  const TestMaker maker;
  const auto file = maker.sign("WATCHRIG-TEST 1\nchannels: 4\n");
  for (std::size_t at = 0; at + 1 < file.size(); ++at) {
    auto changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(read_signed_text(changed, title, maker.key())) << at;
  }
}

TEST(SignedText, OnlyItsMakerIsBelieved) {
  const TestMaker maker;
  const TestMaker forger;
  const auto file = forger.sign("WATCHRIG-TEST 1\na: 1\n");
  EXPECT_EQ(refusal(file, maker.key()), ErrorKind::denied);
  EXPECT_EQ(refusal(file, MakerKey()), ErrorKind::denied);
  EXPECT_TRUE(read_signed_text(file, title, forger.key()));
}

TEST(SignedText, WhatIsNoneSaysWhy) {
  const TestMaker maker;
  EXPECT_EQ(refusal("", maker.key()), ErrorKind::invalid);
  EXPECT_EQ(refusal(maker.sign("WATCHRIG-OTHER 1\na: 1\n"), maker.key()), ErrorKind::invalid);
  EXPECT_EQ(refusal(maker.sign("WATCHRIG-TEST 2\na: 1\n"), maker.key()), ErrorKind::unsupported);
  EXPECT_EQ(refusal(maker.sign("WATCHRIG-TEST x\na: 1\n"), maker.key()), ErrorKind::corrupt);
  EXPECT_EQ(refusal(maker.sign("WATCHRIG-TEST 1\na\n"), maker.key()), ErrorKind::corrupt);
  EXPECT_EQ(refusal(maker.sign("WATCHRIG-TEST 1\n: a\n"), maker.key()), ErrorKind::corrupt);
  EXPECT_EQ(refusal(maker.sign("WATCHRIG-TEST 1\na: \x01\n"), maker.key()), ErrorKind::corrupt);
  const auto file = maker.sign("WATCHRIG-TEST 1\na: 1\n");
  for (std::size_t size = file.size() - 1; size > 15; --size)
    EXPECT_EQ(refusal(file.substr(0, size), maker.key()), ErrorKind::corrupt) << size;
}

TEST(SignedText, ItsBeginningIsBounded) {
  const TestMaker maker;
  const auto with = [&](std::size_t lines, std::size_t length) {
    std::string text = "WATCHRIG-TEST 1\n";
    for (std::size_t i = 0; i < lines; ++i) text += "a: " + std::string(length, 'x') + "\n";
    return maker.sign(text);
  };
  EXPECT_TRUE(read_signed_text(with(SignedText::most_fields, 1), title, maker.key()));
  EXPECT_EQ(refusal(with(SignedText::most_fields + 1, 1), maker.key()), ErrorKind::corrupt);
  EXPECT_TRUE(read_signed_text(with(1, SignedText::most_bytes - 64), title, maker.key()));
  EXPECT_EQ(refusal(with(1, SignedText::most_bytes), maker.key()), ErrorKind::corrupt);
  EXPECT_EQ(refusal(with(3, SignedText::most_bytes / 2), maker.key()), ErrorKind::corrupt);
}

TEST(MakerKey, IsBase64OfItsBytes) {
  for (const char* wrong : {"", "AAAA", "no base64", "2qXssAnNiQqULbL9UuCWM8oq+K+G2gl1gPOd4h+DK1gA"})
    EXPECT_FALSE(MakerKey::from(wrong)) << wrong;
}

// RFC 8032, 7.1, test 3.
TEST(MakerKey, SignaturesAreThoseOfTheStandard) {
  const auto key = MakerKey::from("/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=");
  ASSERT_TRUE(key);
  const std::string signature =
      "YpHWV97sJAJIJ+acOr4BowzlSKKEdDpEXjaA19taw6wY/5tTjRbykK5n92CYTcZZSnwV6XFu0o3AJ77O6h7ECg==";
  EXPECT_TRUE(key->has_signed("\xaf\x82", signature));
  EXPECT_FALSE(key->has_signed("\xaf\x83", signature));
  EXPECT_FALSE(key->has_signed("\xaf\x82", ""));
}

}  // namespace
}  // namespace watchrig::central

#include "system/api/talk_format.hpp"

#include <gmock/gmock.h>

namespace watchrig::api {
namespace {

using ::testing::ElementsAre;

std::string wrong_field(std::string_view text) {
  const auto format = talk_format_from(text);
  return format ? "none" : format.error().field;
}

TEST(TalkFormat, is_one_of_three) {
  EXPECT_EQ(talk_format_from(R"({"encoding":"pcmu"})")->law, media::Codec::pcmu);
  EXPECT_EQ(talk_format_from(R"({"encoding":"pcma","sampling_rate":8000})")->law, media::Codec::pcma);
  const auto linear = talk_format_from(R"({"encoding":"pcm16"})");
  ASSERT_TRUE(linear);
  EXPECT_FALSE(linear->law);
  EXPECT_EQ(linear->sample_bytes(), 2U);
}

TEST(TalkFormat, names_what_is_wrong) {
  EXPECT_EQ(wrong_field("hello"), "");
  EXPECT_FALSE(talk_format_from("[]"));
  EXPECT_EQ(wrong_field("{}"), "encoding");
  EXPECT_EQ(wrong_field(R"({"encoding":"opus"})"), "encoding");
  EXPECT_EQ(wrong_field(R"({"encoding":"pcmu","sampling_rate":16000})"), "sampling_rate");
  EXPECT_EQ(wrong_field(R"({"encoding":"pcmu","channels":2})"), "channels");
}

TEST(TalkFormat, is_turned_into_what_the_device_understands) {
  using media::Codec;
  const std::string silence("\0\0", 2), law("\xff");
  EXPECT_THAT(spoken({}, silence, Codec::pcmu), ElementsAre(0xff));
  EXPECT_THAT(spoken({}, silence, Codec::pcma), ElementsAre(0xd5));
  EXPECT_THAT(spoken({Codec::pcmu}, law, Codec::pcma), ElementsAre(0xd5));
  EXPECT_THAT(spoken({Codec::pcmu}, law, Codec::pcmu), ElementsAre(0xff));
}

}  // namespace
}  // namespace watchrig::api

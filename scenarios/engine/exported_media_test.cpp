#include "scenarios/engine/exported_media.hpp"

#include <gmock/gmock.h>

#include "scenarios/engine/view.hpp"

namespace watchrig::scenarios {
namespace {

TEST(MediaProbe, CountsPicturesAndChecksTheirTimes) {
  const auto media = parse_probe(R"({"frames":[
      {"media_type":"video","pts_time":"0.000000"},{"media_type":"audio","pts_time":"0.000000"},
      {"media_type":"video","pts_time":"0.040000"}],
    "streams":[{"codec_type":"audio","codec_name":"aac","duration":"0.1"},
      {"codec_type":"video","codec_name":"h264","width":768,"height":576,"duration":"0.080000"}]})");
  ASSERT_TRUE(media) << media.error().message;
  EXPECT_EQ(media->pictures, 2U);
  EXPECT_TRUE(media->ascending);
  EXPECT_EQ(media->video_codec, "h264");
  EXPECT_EQ(media->width, 768);
  EXPECT_EQ(media->audio_codec, "aac");
  EXPECT_DOUBLE_EQ(media->duration, 0.08);
}

TEST(MediaProbe, SeesTimesThatGoBackOrAreMissing) {
  const auto back = parse_probe(R"({"frames":[{"media_type":"video","pts_time":"1.0"},
      {"media_type":"video","pts_time":"1.0"}],"streams":[]})");
  EXPECT_FALSE(back->ascending);
  const auto missing = parse_probe(R"({"frames":[{"media_type":"video"}],"streams":[]})");
  EXPECT_FALSE(missing->ascending);
}

TEST(MediaProbe, RefusesWhatIsNotFromFfprobe) {
  for (const auto* bad : {"", "[]", "{}", R"({"streams":5})"}) EXPECT_FALSE(parse_probe(bad)) << bad;
}

TEST(ReadExport, SaysWhatIsWrongWithAFile) {
  EXPECT_FALSE(read_export("/nowhere.mp4"));
  EXPECT_FALSE(read_export("/etc/hostname"));
}

TEST(PlayerProgress, IsTheLatestFrameNumber) {
  EXPECT_EQ(parse_player_progress("frame=10\nfps=25\nframe=  25\nfps=1\n"), 25U);
  EXPECT_EQ(parse_player_progress("frame=12"), 12U);
  EXPECT_EQ(parse_player_progress(""), 0U);
  EXPECT_EQ(parse_player_progress("frame=x\n"), 0U);
}

}  // namespace
}  // namespace watchrig::scenarios

#include "system/media/sdp.hpp"

#include <gtest/gtest.h>

#include "system/media/parameter_sets.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

Presentation everything() {
  Track h264 = testing::track_of(Codec::h264), h265 = testing::track_of(Codec::h265);
  update_parameter_sets(h264, testing::picture(Codec::h264, true, 10));
  update_parameter_sets(h265, testing::picture(Codec::h265, true, 10));
  Track jpeg = testing::track_of(Codec::mjpeg);
  jpeg.width = 3840;
  jpeg.height = 2160;
  return {h264,
          h265,
          jpeg,
          testing::track_of(Codec::aac),
          testing::track_of(Codec::pcmu),
          testing::track_of(Codec::pcma)};
}

TEST(Sdp, ReadsWhatItWrites) {
  const Presentation tracks = everything();
  const auto read = parse_sdp(write_sdp(tracks));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "Watchrig");
  EXPECT_EQ(read->control, "*");
  EXPECT_TRUE(read->ignored.empty());
  ASSERT_EQ(read->media.size(), tracks.size());
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const Track& track = read->media[i].track;
    EXPECT_EQ(track.codec, tracks[i].codec);
    EXPECT_EQ(track.payload_type, tracks[i].payload_type);
    EXPECT_EQ(track.clock_rate, tracks[i].clock_rate);
    EXPECT_EQ(track.channels, tracks[i].channels);
    EXPECT_EQ(track.width, tracks[i].width);
    EXPECT_EQ(track.height, tracks[i].height);
    EXPECT_EQ(track.config, tracks[i].config);
    EXPECT_EQ(read->media[i].control, "track" + std::to_string(i));
  }
}

TEST(Sdp, PortsForFilesThatPlayersOpen) {
  const std::string text = write_sdp(everything(), {.address = "::1", .port = 5000});
  EXPECT_NE(text.find("c=IN IP6 ::1\r\n"), text.npos);
  EXPECT_NE(text.find("m=video 5002 RTP/AVP 96\r\n"), text.npos);
}

struct Quirk {
  const char* what;
  const char* text;
  Codec codec;
  std::uint32_t clock_rate;
  const char* control;
};

TEST(Sdp, QuirksOfCameras) {
  const Quirk quirks[] = {
      {"bare line feeds and no v=, o=, s=, t=",
       "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:rtsp://10.0.0.1/trackID=1\n", Codec::h264,
       90000, "rtsp://10.0.0.1/trackID=1"},
      {"fmtp before rtpmap, lower case, spaces",
       "v=0\r\nm=video 0 RTP/AVP 96 \r\na=fmtp: 96  packetization-mode = 1\r\na= rtpmap:96 h264/90000 "
       "\r\na=control: track1\r\n",
       Codec::h264, 90000, "track1"},
      {"static payload types without rtpmap", "m=audio 0 RTP/AVP 8\r\n", Codec::pcma, 8000, ""},
      {"static JPEG", "m=video 0 RTP/AVP 26\r\na=x-dimensions:2560, 1920\r\n", Codec::mjpeg, 90000, ""},
      {"video with a wrong clock rate", "m=video 0 RTP/AVP 35\r\na=rtpmap:35 H265/0\r\n", Codec::h265, 90000,
       ""},
      {"broken parameter sets",
       "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=Z0,!!!,,=\r\n",
       Codec::h264, 90000, ""},
      {"first usable of several formats", "m=audio 0 RTP/AVP 97 0\r\na=rtpmap:97 G726-32/8000\r\n",
       Codec::pcmu, 8000, ""},
      {"secure and feedback profiles named", "m=video 0 RTP/AVP/TCP 96\r\na=rtpmap:96 HEVC/90000\r\n",
       Codec::h265, 90000, ""},
  };
  for (const Quirk& quirk : quirks) {
    const auto read = parse_sdp(quirk.text);
    ASSERT_TRUE(read) << quirk.what;
    ASSERT_EQ(read->media.size(), 1u)
        << quirk.what << ": " << (read->ignored.empty() ? "" : read->ignored[0].reason);
    EXPECT_EQ(read->media[0].track.codec, quirk.codec) << quirk.what;
    EXPECT_EQ(read->media[0].track.clock_rate, quirk.clock_rate) << quirk.what;
    EXPECT_EQ(read->media[0].control, quirk.control) << quirk.what;
  }
}

TEST(Sdp, ParameterSetsWithoutPaddingAndQuoted) {
  const auto read = parse_sdp(
      "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=framerate:12.5\r\n"
      "a=fmtp:96 profile-level-id=64000D; "
      "sprop-parameter-sets=\"Z2QADay0FG2AiAAAAwAIAAADAZR4oVU,aO88sA\"\r\n");
  ASSERT_EQ(read->media.size(), 1u);
  EXPECT_EQ(read->media[0].track.width, 160);
  EXPECT_EQ(read->media[0].frame_rate, 12.5);
}

TEST(Sdp, KeepsWhatItCannotReceiveWithTheReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"m=video 0 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n", "codec \"VP8\""},
      {"m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n", "\"application\""},
      {"m=video 0 RTP/SAVP 96\r\na=rtpmap:96 H264/90000\r\n", "\"RTP/SAVP\""},
      {"m=video 0 RTP/AVP 96\r\n", "no rtpmap"},
      {"m=video\r\n", "no payload type"},
      {"m=video 0 RTP/AVP 300 x\r\n", "no payload type"},
      {"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=fmtp:97 mode=AAC-lbr;config=1408\r\n",
       "AAC-lbr"},
      {"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=fmtp:97 mode=AAC-hbr;config=zz\r\n",
       "config"},
      {"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-max-don-diff=2\r\n", "interleaved"},
      {"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=2\r\n", "interleaved"},
  };
  for (const auto& [text, reason] : cases) {
    const auto read = parse_sdp(text);
    ASSERT_TRUE(read) << text;
    EXPECT_TRUE(read->media.empty()) << text;
    ASSERT_EQ(read->ignored.size(), 1u) << text;
    EXPECT_NE(read->ignored[0].reason.find(reason), std::string::npos) << read->ignored[0].reason;
  }
}

TEST(Sdp, RefusesWhatIsNoDescription) {
  EXPECT_FALSE(parse_sdp(""));
  EXPECT_FALSE(parse_sdp("<html>404</html>"));
  EXPECT_FALSE(parse_sdp(std::string(70000, 'm')));
  std::string sections;
  for (int i = 0; i < 65; ++i) sections += "m=video 0 RTP/AVP 26\n";
  EXPECT_FALSE(parse_sdp(sections));
}

}  // namespace
}  // namespace watchrig::media

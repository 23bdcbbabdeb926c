#include "bench/peers/sink_stream.hpp"

#include <gtest/gtest.h>

namespace watchrig::bench {
namespace {

constexpr auto moment = SinkStream::Time(std::chrono::seconds(100));

base::Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// An interleaved packet of channel 0 with its marker set.
base::Bytes packet(std::uint16_t sequence, std::uint32_t timestamp) {
  base::Bytes bytes(4 + 20);
  bytes[0] = '$';
  base::store_be16(&bytes[2], 20);
  bytes[4] = 0x80;
  bytes[5] = 0x80 | 96;
  base::store_be16(&bytes[6], sequence);
  base::store_be32(&bytes[8], timestamp);
  return bytes;
}

SinkStream playing_stream() {
  SinkStream stream("rtsp://127.0.0.1:8554/main");
  EXPECT_TRUE(stream.begin().starts_with("DESCRIBE rtsp://127.0.0.1:8554/main RTSP/1.0\r\n"));
  const std::string sdp =
      "m=audio 0 RTP/AVP 0\r\na=control:sound\r\nm=video 0 RTP/AVP 96\r\na=control:picture\r\n";
  const auto set_up =
      stream.take(bytes_of("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: " + std::to_string(sdp.size()) +
                           "\r\n\r\n" + sdp),
                  moment);
  EXPECT_TRUE(set_up.starts_with("SETUP rtsp://127.0.0.1:8554/main/picture RTSP/1.0\r\n")) << set_up;
  const auto play =
      stream.take(bytes_of("RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 17;timeout=60\r\n\r\n"), moment);
  EXPECT_NE(play.find("Session: 17\r\n"), std::string::npos) << play;
  stream.take(bytes_of("RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n"), moment);
  EXPECT_TRUE(stream.playing());
  return stream;
}

TEST(SinkStream, CountsWhatIsMissingWhereverItIsCut) {
  auto stream = playing_stream();
  stream.take(packet(65534, 0), moment);
  stream.open_window();
  base::Bytes all;
  for (const std::uint16_t sequence : {65535, 0, 1, 4, 5}) {
    const auto one = packet(sequence, 3600);
    all.insert(all.end(), one.begin(), one.end());
  }
  for (const auto byte : all) stream.take({&byte, 1}, moment);
  EXPECT_EQ(stream.counts().packets, 5U);
  EXPECT_EQ(stream.counts().lost, 2U);
  EXPECT_EQ(stream.counts().bytes, 100U);
  EXPECT_EQ(stream.failure(), "");
}

TEST(SinkStream, TellsHowLateUnitsAreAgainstEachOther) {
  auto stream = playing_stream();
  stream.open_window();
  using namespace std::chrono_literals;
  stream.take(packet(1, 0xffffffff - 1799), moment);
  stream.take(packet(2, 1800), moment + 47ms);
  ASSERT_EQ(stream.transits().size(), 2U);
  EXPECT_EQ(stream.transits()[1] - stream.transits()[0], 7000);
}

TEST(SinkStream, SaysWhatTheServerRefused) {
  SinkStream stream("rtsp://127.0.0.1:8554/main");
  stream.begin();
  stream.take(bytes_of("RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n"), moment);
  EXPECT_EQ(stream.failure(), "RTSP/1.0 401 Unauthorized");
}

}  // namespace
}  // namespace watchrig::bench

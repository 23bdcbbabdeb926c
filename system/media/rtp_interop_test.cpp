#include <algorithm>

#include <gtest/gtest.h>

#include "system/media/jpeg_format.hpp"
#include "system/media/parameter_sets.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::at;

Track captured_track(Codec codec, std::uint8_t payload_type) {
  Track track = testing::track_of(codec);
  track.payload_type = payload_type;
  return track;
}

/// All units of a capture, one packet a millisecond.
std::vector<AccessUnitPtr> receive(const Track& track, const std::string& name, bool ordered) {
  RtpReceiverOptions options;
  options.ordered = ordered;
  testing::Received received(track, options);
  auto packets = testing::read_capture(name);
  if (!ordered) {
    for (std::size_t i = 1; i + 1 < packets.size(); i += 3) std::swap(packets[i], packets[i + 1]);
  }
  base::Duration time{};
  for (const base::Bytes& packet : packets) received.receiver.push(packet, at(time += 1ms));
  received.receiver.flush();
  const RtpReceiverStats stats = received.receiver.stats();
  EXPECT_EQ(stats.packets, packets.size()) << name;
  EXPECT_EQ(stats.malformed + stats.lost + stats.damaged_units + stats.foreign_payload, 0u) << name;
  return received.units;
}

/// FFmpeg leaves the zero byte of the next start code at the end of H.265 NAL units; it is no part of them.
base::Bytes without_trailing_zeros(const base::Bytes& payload) {
  return annexb_to_length_prefixed(length_prefixed_to_annexb(payload));
}

base::Bytes joined(const std::vector<AccessUnitPtr>& units) {
  base::Bytes all;
  for (const AccessUnitPtr& unit : units) all.insert(all.end(), unit->payload.begin(), unit->payload.end());
  return all;
}

TEST(RtpInterop, PicturesOfFfmpegComeBackBitForBit) {
  for (const bool ordered : {true, false}) {
    const auto h264 = receive(captured_track(Codec::h264, 96), "ffmpeg_h264.rtp", ordered);
    EXPECT_EQ(joined(h264), annexb_to_length_prefixed(testing::read_sample("source.h264")));
    EXPECT_EQ(h264.size(), 15u);
    EXPECT_TRUE(h264[0]->key && !h264[1]->key && h264[8]->key);
    const auto h265 = receive(captured_track(Codec::h265, 96), "ffmpeg_h265.rtp", ordered);
    EXPECT_EQ(without_trailing_zeros(joined(h265)),
              annexb_to_length_prefixed(testing::read_sample("source.h265")));
    EXPECT_EQ(h265.size(), 13u);
    EXPECT_TRUE(h265[0]->key && !h265[1]->key && h265[6]->key);
  }
}

TEST(RtpInterop, JpegOfFfmpegAndGstreamerKeepsItsPictureData) {
  for (const char* name : {"ffmpeg_mjpeg.rtp", "gst_mjpeg.rtp"}) {
    const auto units = receive(captured_track(Codec::mjpeg, 26), name, true);
    ASSERT_EQ(units.size(), 5u) << name;
    base::ByteView rest;
    const base::Bytes source = testing::read_sample("source.mjpeg");
    rest = source;
    for (const AccessUnitPtr& unit : units) {
      const base::Bytes next{0xff, 0xd8};
      const auto end = std::search(rest.begin() + 2, rest.end(), next.begin(), next.end()) - rest.begin();
      const base::ByteView file = rest.first(static_cast<std::size_t>(end));
      EXPECT_EQ(canonical_jpeg(file).value(), unit->payload) << name;
      rest = rest.subspan(file.size());
    }
  }
}

TEST(RtpInterop, AudioOfFfmpegComesBackBitForBit) {
  const auto aac = receive(captured_track(Codec::aac, 97), "ffmpeg_aac.rtp", true);
  base::ByteView adts;
  const base::Bytes source = testing::read_sample("source.aac");
  adts = source;
  std::uint32_t timestamp = aac.at(0)->rtp_timestamp;
  for (const AccessUnitPtr& unit : aac) {
    const std::size_t size = (adts[3] & 3u) << 11 | adts[4] << 3 | adts[5] >> 5;
    ASSERT_LE(size, adts.size());
    EXPECT_TRUE(std::ranges::equal(unit->payload, adts.subspan(7, size - 7)));
    EXPECT_EQ(unit->rtp_timestamp, timestamp);
    adts = adts.subspan(size);
    timestamp += 1024;
  }
  // FFmpeg keeps the last frame of the nine back for a packet that never comes.
  EXPECT_EQ(aac.size(), 8u);
  EXPECT_EQ(joined(receive(captured_track(Codec::pcmu, 0), "ffmpeg_pcmu.rtp", false)),
            testing::read_sample("source.ulaw"));
}

}  // namespace
}  // namespace watchrig::media

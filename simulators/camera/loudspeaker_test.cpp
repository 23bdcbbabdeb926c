#include "simulators/camera/loudspeaker.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/media/rtp_packet.hpp"
#include "system/media/rtp_packetizer.hpp"

namespace watchrig::camera {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;
constexpr std::size_t packet_samples = 160;

/// A tone of square form, since two values are enough of G.711: loud up (0x80) and loud down (0x00) of the
/// mu-law; of the A-law 0xAA and 0x2A.
base::Bytes tone(unsigned hz, std::size_t samples, bool a_law = false) {
  base::Bytes bytes;
  for (std::size_t i = 0; i < samples; ++i) {
    const bool up = std::sin(2 * std::numbers::pi * hz * (static_cast<double>(i) + 0.5) / 8000) > 0;
    bytes.push_back(a_law ? (up ? 0xAA : 0x2A) : (up ? 0x80 : 0x00));
  }
  return bytes;
}

struct Bench {
  base::Clock clock;
  std::shared_ptr<Loudspeaker> speaker = std::make_shared<Loudspeaker>(clock);
  media::Track coding = Loudspeaker::codings()[0];

  std::unique_ptr<media::RtspHearing> talk(const std::string& client = "operator") {
    auto hearing = speaker->hear(client, coding, true);
    EXPECT_TRUE(hearing);
    return hearing ? *std::move(hearing) : nullptr;
  }
  /// Says it in packets of 20 ms but for those at the places named, which are lost.
  void say(media::RtspHearing& hearing, const base::Bytes& speech, std::size_t lost = SIZE_MAX) const {
    media::RtpPacketizer packetizer(coding, 0, 7);
    for (std::size_t at = 0; at < speech.size(); at += packet_samples) {
      const auto part = base::ByteView(speech).subspan(at, std::min(packet_samples, speech.size() - at));
      const auto train = packetizer.packetize(part, true, static_cast<std::uint32_t>(at), {});
      ASSERT_TRUE(train);
      if (at / packet_samples != lost) hearing.take(base::ByteView((*train)->block).subspan(4));
    }
  }
};

TEST(Loudspeaker, TellsThePitchOfBothLaws) {
  EXPECT_EQ(tone_of(tone(440, 8000), media::Codec::pcmu), 440);
  EXPECT_EQ(tone_of(tone(1000, 8000, true), media::Codec::pcma), 1000);
  EXPECT_FALSE(tone_of(base::Bytes(8000, 0xFF), media::Codec::pcmu)) << "silence";
  EXPECT_FALSE(tone_of(base::Bytes(8000, 0xD5), media::Codec::pcma)) << "silence";
  EXPECT_FALSE(tone_of(tone(440, 100), media::Codec::pcmu)) << "too short";
}

TEST(Loudspeaker, TellsWhatWasSaid) {
  Bench bench;
  auto hearing = bench.talk();
  const auto speech = tone(440, 16000);
  bench.say(*hearing, speech);
  auto status = bench.speaker->status();
  EXPECT_TRUE(status.at("talking").as_bool());
  EXPECT_EQ(status.at("heard_ms").to_number<int>(), 2000);
  EXPECT_EQ(status.at("packets").to_number<int>(), 100);
  EXPECT_EQ(status.at("lost").to_number<int>(), 0);
  EXPECT_EQ(status.at("tone_hz").to_number<int>(), 440);
  EXPECT_EQ(status.at("coding").as_string(), "PCMU");
  EXPECT_EQ(status.at("sha256").as_string(), media::digest(speech));
  EXPECT_GT(status.at("most_ahead_ms").to_number<int>(), 0) << "two seconds said at once";
  hearing.reset();
  status = bench.speaker->status();
  EXPECT_FALSE(status.at("talking").as_bool());
  EXPECT_EQ(status.at("heard_ms").to_number<int>(), 2000) << "the last talk is remembered";
}

TEST(Loudspeaker, CountsWhatIsLostAndWhatIsStrange) {
  Bench bench;
  const auto hearing = bench.talk();
  const auto speech = tone(440, 1600);
  bench.say(*hearing, speech, 4);
  hearing->take(base::Bytes{1, 2, 3});
  const auto status = bench.speaker->status();
  EXPECT_EQ(status.at("lost").to_number<int>(), 1);
  EXPECT_EQ(status.at("strange").to_number<int>(), 1);
  EXPECT_EQ(status.at("heard_ms").to_number<int>(), 180);
  EXPECT_NE(status.at("sha256").as_string(), media::digest(speech));
}

TEST(Loudspeaker, OneTalksAtATime) {
  Bench bench;
  auto first = bench.talk("127.0.0.1:5000");
  const auto refused = bench.speaker->hear("127.0.0.1:6000", bench.coding, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::full);
  EXPECT_THAT(refused.error().message, HasSubstr("127.0.0.1:5000"));
  first.reset();
  EXPECT_TRUE(bench.talk("127.0.0.1:6000"));
  const auto status = bench.speaker->status();
  EXPECT_EQ(status.at("talks").to_number<int>(), 2);
  EXPECT_EQ(status.at("turned_away").to_number<int>(), 1);
}

}  // namespace
}  // namespace watchrig::camera

#include "simulators/camera/personalities/quirky_packets.hpp"

#include <gmock/gmock.h>

#include "simulators/camera/testing/sample_trains.hpp"
#include "system/media/rtcp.hpp"

namespace watchrig::camera {
namespace {

using std::chrono::seconds;

std::vector<base::Bytes> sent(QuirkyPackets& packets, std::uint64_t unit) {
  std::vector<base::Bytes> all;
  auto train = testing::sample_train(unit, 3);
  train.video = true;
  for (const auto packet : testing::packets_of(train))
    packets.on_packet(train, packet, [&](base::ByteView rtp) { all.emplace_back(rtp.begin(), rtp.end()); });
  return all;
}

TEST(QuirkyPackets, OnlyThoseThatTouchPacketsCostSomething) {
  const auto idle = [](const char* text) { return QuirkyPackets(*Quirks::parse(text), nullptr).idle(); };
  EXPECT_TRUE(idle("no-rtcp,rtcp-clock-wrong,session-dies"));
  EXPECT_FALSE(idle("no-marker"));
  EXPECT_FALSE(idle("timestamp-jumps"));
}

TEST(QuirkyPackets, NoPacketIsMarkedAndNothingElseIsChanged) {
  QuirkyPackets plain(*Quirks::parse("no-rtcp"), nullptr), bare(*Quirks::parse("no-marker"), nullptr);
  auto expected = sent(plain, 5);
  for (auto& packet : expected) packet[1] &= 0x7f;
  EXPECT_EQ(sent(bare, 5), expected);
}

TEST(QuirkyPackets, TimestampsLeapForAllPacketsOfAUnitAlike) {
  QuirkyPackets plain(*Quirks::parse("no-rtcp"), nullptr);
  QuirkyPackets leaping(*Quirks::parse("timestamp-jumps=1s"), nullptr);
  std::set<std::uint32_t> shifts;
  for (std::uint64_t unit = 0; unit < 200; ++unit) {
    const auto ours = sent(leaping, unit), theirs = sent(plain, unit);
    const auto shift = base::load_be32(&ours[0][4]) - base::load_be32(&theirs[0][4]);
    shifts.insert(shift);
    for (std::size_t i = 0; i < ours.size(); ++i)
      EXPECT_EQ(base::load_be32(&ours[i][4]) - base::load_be32(&theirs[i][4]), shift);
  }
  EXPECT_THAT(shifts, ::testing::ElementsAre(0U, 27'000'000U, 54'000'000U));
}

TEST(QuirkyPackets, ReportsAreKeptBackOrHaveAnotherClock) {
  const auto now = testing::captured_at(0);
  media::SenderReport report;
  report.ntp = media::to_ntp(now);
  QuirkyPackets behind(*Quirks::parse("rtcp-clock-wrong=-3600s"), nullptr);
  EXPECT_TRUE(behind.on_sender_report(0, report));
  EXPECT_LT(std::chrono::abs(*media::from_ntp(report.ntp) - (now - seconds(3600))),
            std::chrono::milliseconds(1));
  QuirkyPackets silent(*Quirks::parse("no-rtcp"), nullptr);
  EXPECT_FALSE(silent.on_sender_report(0, report));
}

}  // namespace
}  // namespace watchrig::camera

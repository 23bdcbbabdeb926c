#include "system/media/rtcp.hpp"

#include <gtest/gtest.h>

#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

base::Bytes compound() {
  SenderReport sr{1, to_ntp(testing::at(1500ms)), 90000, 10, 1234, {}};
  sr.blocks.push_back({7, 128, -5, 0x10002, 33, 0xaabbccdd, 65536});
  ReceiverReport rr{2, {{8, 0, 70000, 1, 2, 3, 4}}};
  base::Bytes bytes;
  write_rtcp(sr, bytes);
  write_rtcp(rr, bytes);
  write_rtcp(SourceDescription{1, "gate"}, bytes);
  write_rtcp(Goodbye{{1, 2}, "power"}, bytes);
  return bytes;
}

TEST(Rtcp, ReadsWhatItWrites) {
  const auto read = parse_rtcp(compound());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->sender_reports.size(), 1u);
  const SenderReport& sr = read->sender_reports[0];
  EXPECT_EQ(sr.ssrc, 1u);
  EXPECT_EQ(from_ntp(sr.ntp), testing::at(1500ms));
  EXPECT_EQ(sr.octets, 1234u);
  ASSERT_EQ(sr.blocks.size(), 1u);
  EXPECT_EQ(sr.blocks[0].fraction_lost, 128);
  EXPECT_EQ(sr.blocks[0].cumulative_lost, -5);
  EXPECT_EQ(sr.blocks[0].last_sr, 0xaabbccddu);
  EXPECT_EQ(read->receiver_reports.at(0).blocks.at(0).cumulative_lost, 70000);
  EXPECT_EQ(read->descriptions.at(0).cname, "gate");
  EXPECT_EQ(read->goodbyes.at(0).ssrcs, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(read->goodbyes.at(0).reason, "power");
}

TEST(Rtcp, EveryTruncationIsRefusedOrEndsAtAPacket) {
  const base::Bytes bytes = compound();
  int whole = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    if (parse_rtcp(base::ByteView(bytes).first(size))) ++whole;
  }
  EXPECT_EQ(whole, 4);
}

TEST(Rtcp, CountsThatDoNotFitAreRefused) {
  base::Bytes bytes = compound();
  bytes[0] = 0x80 | 31;
  EXPECT_FALSE(parse_rtcp(bytes));
}

TEST(Rtcp, SkipsOtherPacketsAndPadding) {
  const base::Bytes app{0xa0, 204, 0, 2, 1, 2, 3, 4, 0, 0, 0, 4};
  const auto read = parse_rtcp(app);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->others, 1u);
}

TEST(Rtcp, LoneDescriptionWithoutEndIsRefused) {
  EXPECT_FALSE(parse_rtcp(base::Bytes{0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'a', 'b'}));
  EXPECT_FALSE(parse_rtcp(base::Bytes{0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 'a', 'b'}));
}

TEST(Ntp, KeepsTheNanosecondAndTheEra) {
  for (const base::UtcTime time : {testing::at(0ns), testing::at(1ns), testing::at(999999999ns),
                                   base::UtcTime(std::chrono::sys_days(std::chrono::year(2050) / 6 / 1)),
                                   base::UtcTime(std::chrono::sys_days(std::chrono::year(1970) / 1 / 1))}) {
    EXPECT_EQ(from_ntp(to_ntp(time)), time);
  }
  EXPECT_EQ(from_ntp(0), std::nullopt);
  EXPECT_EQ(to_ntp(base::UtcTime{}) >> 32, 2208988800u);
}

}  // namespace
}  // namespace watchrig::media

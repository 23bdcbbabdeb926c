#include "system/media/rtp_receiver.hpp"

#include <gtest/gtest.h>

#include "system/media/parameter_sets.hpp"
#include "system/media/rtcp.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::at;
using testing::Received;

/// A sender of `count` H.264 pictures, every fifth a key picture; pictures[i] has the packets of each.
struct Sender {
  explicit Sender(std::size_t count, std::uint32_t ssrc = 1, std::uint32_t first_timestamp = 0) {
    RtpPacketizer packetizer(testing::track_of(Codec::h264), 0, ssrc, 400);
    for (std::size_t i = 0; i < count; ++i) {
      const bool key = i % 5 == 0;
      units.push_back(testing::picture(Codec::h264, key, key ? 2000 : 700, static_cast<unsigned>(i)));
      const auto timestamp = first_timestamp + static_cast<std::uint32_t>(i) * 3600;
      packets.push_back(
          testing::packets_of(*packetizer.packetize(units.back(), key, timestamp, at(0s)).value()));
    }
  }
  std::vector<base::Bytes> units;
  std::vector<std::vector<base::Bytes>> packets;
};

std::size_t sender_packets(const Sender& sender) {
  std::size_t count = 0;
  for (const auto& packets : sender.packets) count += packets.size();
  return count;
}

Track track() { return testing::track_of(Codec::h264); }
RtpReceiverOptions unordered() { return {.ordered = false}; }

TEST(RtpReceiver, DeliversUnitsWithTimesAndKeys) {
  const Sender sender(10, 1, 0xffffe000);
  Received received(track());
  for (std::size_t i = 0; i < 10; ++i) received.push(sender.packets[i], at(i * 40ms));
  ASSERT_EQ(received.payloads(), sender.units);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(received.units[i]->key, i % 5 == 0);
    EXPECT_EQ(received.units[i]->time, at(i * 40ms));
    EXPECT_FALSE(received.units[i]->damaged);
  }
  EXPECT_EQ(received.receiver.track().width, 160);
  EXPECT_EQ(received.receiver.stats().parameter_set_changes, 1u);
}

// From the third unit on: before, nothing has shown yet how units begin.
TEST(RtpReceiver, EveryLostPacketCostsItsUnitAndNoOther) {
  const Sender sender(8);
  for (std::size_t unit = 2; unit < 7; ++unit) {
    for (std::size_t lost = 0; lost < sender.packets[unit].size(); ++lost) {
      Received received(track());
      for (std::size_t i = 0; i < 8; ++i) {
        auto packets = sender.packets[i];
        if (i == unit) packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(lost));
        received.push(packets, at(i * 40ms));
      }
      auto expected = sender.units;
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(unit));
      EXPECT_EQ(received.payloads(), expected) << unit << " " << lost;
      EXPECT_EQ(received.receiver.stats().damaged_units, 1u) << unit << " " << lost;
      EXPECT_EQ(received.receiver.stats().lost, 1u);
    }
  }
}

TEST(RtpReceiver, WholeUnitsLostTakeNoNeighbourAlong) {
  const Sender sender(8);
  Received received(track());
  for (const std::size_t i : {0, 1, 4, 5, 7}) received.push(sender.packets[i], at(0s));
  EXPECT_EQ(received.payloads(), (std::vector{sender.units[0], sender.units[1], sender.units[4],
                                              sender.units[5], sender.units[7]}));
  EXPECT_EQ(received.receiver.stats().damaged_units, 0u);
}

TEST(RtpReceiver, PoliciesForDamagedUnits) {
  const Sender sender(8);
  for (const DamagePolicy policy : {DamagePolicy::deliver_damaged, DamagePolicy::drop_until_key}) {
    Received received(track(), {.damage = policy});
    for (std::size_t i = 0; i < 8; ++i) {
      auto packets = sender.packets[i];
      if (i == 2) packets.erase(packets.begin() + 1);
      received.push(packets, at(0s));
    }
    if (policy == DamagePolicy::deliver_damaged) {
      ASSERT_EQ(received.units.size(), 8u);
      EXPECT_TRUE(received.units[2]->damaged);
      NalReader reader(received.units[2]->payload);
      while (reader.next()) EXPECT_FALSE(reader.nal().empty());
      EXPECT_TRUE(reader.whole());
    } else {
      EXPECT_EQ(received.units.size(), 5u);
      EXPECT_EQ(received.receiver.stats().skipped_units, 2u);
      EXPECT_TRUE(received.units[2]->key);
    }
  }
}

TEST(RtpReceiver, ReorderedPacketsArePutRight) {
  const Sender sender(10);
  Received received(track(), unordered());
  std::vector<base::Bytes> all;
  for (const auto& packets : sender.packets) all.insert(all.end(), packets.begin(), packets.end());
  for (std::size_t i = 1; i + 4 < all.size(); i += 4)
    std::reverse(all.begin() + static_cast<std::ptrdiff_t>(i),
                 all.begin() + static_cast<std::ptrdiff_t>(i) + 4);
  received.push(all, at(0s));
  EXPECT_EQ(received.payloads(), sender.units);
  EXPECT_EQ(received.receiver.stats().lost, 0u);
  EXPECT_GT(received.receiver.stats().reordered, 0u);
}

TEST(RtpReceiver, AMissingPacketIsWaitedForWithinLimits) {
  const Sender sender(4);
  auto first = sender.packets[0];
  const base::Bytes missing = first[1];
  first.erase(first.begin() + 1);

  Received by_time(track(), unordered());
  by_time.push(first, at(0s));
  by_time.push(sender.packets[1], at(100ms));
  EXPECT_TRUE(by_time.units.empty());
  by_time.receiver.expire(at(199ms));
  EXPECT_TRUE(by_time.units.empty());
  by_time.receiver.expire(at(200ms));
  EXPECT_EQ(by_time.payloads(), testing::only(sender.units[1]));
  by_time.receiver.push(missing, at(250ms));
  EXPECT_EQ(by_time.receiver.stats().late, 1u);
  EXPECT_EQ(by_time.receiver.stats().lost, 1u);

  Received by_count(track(), {.ordered = false, .reorder_packets = 4});
  by_count.push(first, at(0s));
  by_count.push(sender.packets[1], at(0s));
  by_count.push(sender.packets[2], at(0s));
  EXPECT_EQ(by_count.payloads(), (std::vector{sender.units[1], sender.units[2]}));

  Received in_time(track(), unordered());
  in_time.push(first, at(0s));
  in_time.push(sender.packets[1], at(100ms));
  in_time.receiver.push(missing, at(150ms));
  EXPECT_EQ(in_time.payloads(), (std::vector{sender.units[0], sender.units[1]}));
  EXPECT_EQ(in_time.receiver.stats().reordered, 1u);
}

TEST(RtpReceiver, WhatComesLateAfterManyOthersIsLateAndNoNewNumbering) {
  const Sender sender(200);
  for (const std::size_t missing : {std::size_t{1}, std::size_t{2}}) {
    Received received(
        track(),
        {.ordered = false, .reorder_packets = 2048, .reorder = reorder_limits(CacheStrategy::adaptive)});
    std::vector<base::Bytes> all;
    for (const auto& packets : sender.packets) all.insert(all.end(), packets.begin(), packets.end());
    ASSERT_GT(all.size(), 500U);
    const std::vector<base::Bytes> late(all.begin() + 1,
                                        all.begin() + 1 + static_cast<std::ptrdiff_t>(missing));
    all.erase(all.begin() + 1, all.begin() + 1 + static_cast<std::ptrdiff_t>(missing));
    const auto at_first = all.begin() + 400;
    received.push({all.begin(), at_first}, at(0s));
    received.receiver.expire(at(200ms));
    EXPECT_EQ(received.receiver.stats().lost, missing);
    received.push(late, at(300ms));
    EXPECT_EQ(received.receiver.stats().late, missing);
    EXPECT_EQ(received.receiver.stats().sequence_jumps, 0U);
    received.push({at_first, all.end()}, at(300ms));
    EXPECT_EQ(received.units.size(), 199U);
    EXPECT_EQ(received.receiver.stats().lost, missing);
  }
}

TEST(RtpReceiver, ANumberingThatBeginsAnewALittleEarlierIsFollowedAfterAWhile) {
  const Sender sender(600);
  Received received(track(), {.ordered = false, .reorder_packets = 2048});
  for (const auto& packets : sender.packets) received.push(packets, at(0s));
  ASSERT_EQ(received.units.size(), 600U);
  // The camera counts some 1000 packets less from now on, within what may still come late.
  std::uint16_t less = 0;
  for (std::size_t i = 0; less < 1000; ++i)
    less = static_cast<std::uint16_t>(less + sender.packets[599 - i].size());
  std::size_t sent = 0;
  for (const auto& packets : sender.packets) {
    for (base::Bytes packet : packets) {
      const auto number =
          static_cast<std::uint16_t>(base::load_be16(&packet[2]) + sender_packets(sender) - less);
      base::store_be16(&packet[2], number);
      received.receiver.push(packet, at(1s));
      ++sent;
    }
  }
  EXPECT_EQ(received.receiver.stats().sequence_jumps, 1U);
  EXPECT_EQ(received.receiver.stats().duplicates, 256U);
  EXPECT_GT(received.units.size(), 1050U);
  EXPECT_GT(sent, 1500U);
}

TEST(RtpReceiver, ALossLongerThanTheWindowIsOneGap) {
  const Sender sender(200);
  Received received(track(), {.ordered = false, .reorder_packets = 8});
  received.push(sender.packets[0], at(0s));
  for (std::size_t i = 150; i < 200; ++i) received.push(sender.packets[i], at(6s));
  EXPECT_EQ(received.units.size(), 51u);
  EXPECT_EQ(received.receiver.stats().sequence_jumps, 0u);
}

TEST(RtpReceiver, DuplicatesAreDropped) {
  const Sender sender(5);
  for (const bool ordered : {true, false}) {
    Received received(track(), {.ordered = ordered});
    for (const auto& packets : sender.packets) {
      for (const base::Bytes& packet : packets) {
        received.receiver.push(packet, at(0s));
        received.receiver.push(packet, at(0s));
      }
    }
    EXPECT_EQ(received.payloads(), sender.units);
    EXPECT_EQ(received.receiver.stats().duplicates * 2, received.receiver.stats().packets);
  }
}

TEST(RtpReceiver, SequenceNumbersWrap) {
  // 65,536 packets and more: every number once round.
  RtpPacketizer packetizer(track(), 0, 5, 400);
  Received received(track(), unordered());
  const base::Bytes unit = testing::picture(Codec::h264, false, 3000);
  for (std::uint32_t i = 0; i < 9000; ++i) {
    received.push(testing::packets_of(*packetizer.packetize(unit, false, i * 3600, at(0s)).value()),
                  at(i * 40ms));
  }
  EXPECT_EQ(received.units.size(), 9000u);
  EXPECT_EQ(received.receiver.stats().lost, 0u);
  EXPECT_GT(received.receiver.stats().packets, 65536u);
}

TEST(RtpReceiver, ANewNumberingIsFollowedAfterTwoPackets) {
  const Sender before(3, 1), after(3, 77);
  Received received(track(), unordered());
  for (const auto& packets : before.packets) received.push(packets, at(0s));
  for (const auto& packets : after.packets) {
    for (base::Bytes packet : packets) {
      base::store_be32(&packet[8], 1);
      received.receiver.push(packet, at(1s));
    }
  }
  EXPECT_EQ(received.units.size(), 6u);
  EXPECT_EQ(received.receiver.stats().sequence_jumps, 1u);
  EXPECT_EQ(received.receiver.stats().lost, 0u);
}

TEST(RtpReceiver, AStrangerIsNotHeardWhileTheSenderSpeaks) {
  const Sender sender(50, 1), stranger(50, 2);
  Received received(track());
  for (std::size_t i = 0; i < 50; ++i) {
    received.push(sender.packets[i], at(i * 40ms));
    received.push(stranger.packets[i], at(i * 40ms + 10ms));
  }
  EXPECT_EQ(received.payloads(), sender.units);
  EXPECT_GT(received.receiver.stats().strangers, 50u);
  EXPECT_EQ(received.receiver.stats().sender_changes, 0u);
}

TEST(RtpReceiver, ARestartedSenderIsFollowedAfterSilenceOrGoodbye) {
  const Sender before(5, 1, 1000000), after(5, 2);
  for (const bool goodbye : {true, false}) {
    Received received(track());
    for (std::size_t i = 0; i < 5; ++i) received.push(before.packets[i], at(i * 40ms));
    if (goodbye) {
      base::Bytes bye;
      write_rtcp(Goodbye{{1}, ""}, bye);
      received.receiver.push_rtcp(bye, at(200ms));
    }
    for (std::size_t i = 0; i < 5; ++i)
      received.push(after.packets[i], at((goodbye ? 200ms : 2s) + i * 40ms));
    EXPECT_EQ(received.units.size(), 10u);
    EXPECT_EQ(received.receiver.stats().sender_changes, 1u);
    EXPECT_EQ(received.receiver.sender_ssrc(), 2u);
    for (std::size_t i = 1; i < received.units.size(); ++i) {
      EXPECT_GT(received.units[i]->time, received.units[i - 1]->time);
    }
  }
}

TEST(RtpReceiver, SenderReportsGiveTheSendersTimeAndNeverMoveOurs) {
  const Sender sender(4);
  Received received(track());
  const auto report = [&](base::UtcTime utc, std::uint32_t timestamp, base::UtcTime when,
                          std::uint32_t ssrc = 1) {
    base::Bytes bytes;
    write_rtcp(SenderReport{ssrc, to_ntp(utc), timestamp, 0, 0, {}}, bytes);
    received.receiver.push_rtcp(bytes, when);
  };
  received.push(sender.packets[0], at(0s));
  report(at(-1h), 3600, at(40ms));
  report(at(99h), 3600, at(40ms), 9);
  received.push(sender.packets[1], at(40ms));
  report(at(5h), 7200, at(80ms));
  received.push(sender.packets[2], at(80ms));
  EXPECT_EQ(received.units[0]->sender_time, std::nullopt);
  EXPECT_EQ(received.units[1]->sender_time, at(-1h));
  EXPECT_EQ(received.units[2]->sender_time, at(5h));
  EXPECT_EQ(received.units[2]->time, at(80ms));
  EXPECT_EQ(received.receiver.stats().clock_offset, 5h - 80ms);
  EXPECT_EQ(received.receiver.stats().sender_reports, 2u);
}

TEST(RtpReceiver, ReceiverReportsSayWhatWasLost) {
  const Sender sender(6);
  Received received(track());
  for (const std::size_t i : {0, 1, 3}) received.push(sender.packets[i], at(0s));
  base::Bytes sr;
  write_rtcp(SenderReport{1, 0x1234567800000000, 0, 0, 0, {}}, sr);
  received.receiver.push_rtcp(sr, at(1s));
  const auto compound = parse_rtcp(received.receiver.make_receiver_report(99, at(3s))).value();
  const ReportBlock& block = compound.receiver_reports.at(0).blocks.at(0);
  EXPECT_EQ(block.ssrc, 1u);
  EXPECT_EQ(block.cumulative_lost, static_cast<int>(sender.packets[2].size()));
  EXPECT_GT(block.fraction_lost, 0);
  EXPECT_EQ(block.last_sr, 0x56780000u);
  EXPECT_EQ(block.delay_since_last_sr, 2u * 65536);
  EXPECT_FALSE(compound.descriptions.empty());
  received.push(sender.packets[4], at(4s));
  const auto next = parse_rtcp(received.receiver.make_receiver_report(99, at(5s))).value();
  EXPECT_EQ(next.receiver_reports.at(0).blocks.at(0).fraction_lost, 0);
  EXPECT_EQ(parse_rtcp(Received(track()).receiver.make_receiver_report(9, at(0s)))
                ->receiver_reports.at(0)
                .blocks.size(),
            0u);
}

TEST(RtpReceiver, AnythingElseIsCounted) {
  const Sender sender(2);
  Received received(track());
  received.receiver.push(base::Bytes{1, 2, 3}, at(0s));
  received.receiver.push_rtcp(base::Bytes{1, 2, 3}, at(0s));
  base::Bytes foreign = sender.packets[0][0];
  foreign[1] = 97;
  received.receiver.push(foreign, at(0s));
  for (const auto& packets : sender.packets) received.push(packets, at(0s));
  EXPECT_EQ(received.payloads(), sender.units);
  EXPECT_EQ(received.receiver.stats().malformed, 2u);
  EXPECT_EQ(received.receiver.stats().foreign_payload, 1u);
}

TEST(RtpReceiver, AnEmptyDamagedUnitIsNeverDelivered) {
  RtpReceiverOptions options;
  options.damage = DamagePolicy::deliver_damaged;
  Received received(testing::track_of(Codec::mjpeg), options);
  const base::Bytes inside_a_picture{0, 0, 9, 0, 1, 50, 2, 2, 7};
  received.receiver.push(testing::packet({true, 26, 1, 0, 1}, inside_a_picture), at(0s));
  EXPECT_TRUE(received.units.empty());
  EXPECT_EQ(received.receiver.stats().damaged_units, 1u);
}

TEST(RtpReceiver, ANewConnectionGoesOnBehindTheOneBefore) {
  const Sender sender(2);
  Received received(track(), {.after = at(1s)});
  for (const auto& packets : sender.packets) received.push(packets, at(0s));
  EXPECT_GT(received.units.at(0)->time, at(1s));
  EXPECT_GT(received.units.at(1)->time, received.units[0]->time);
}

}  // namespace
}  // namespace watchrig::media

#include "system/media/h26x_depacketizer.hpp"

#include <random>

#include <gtest/gtest.h>

#include "system/media/parameter_sets.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::at;
using testing::length_prefixed;
using testing::Received;
using testing::slice;

/// Sends payloads as packets with numbers that go on.
struct Feed {
  explicit Feed(Codec c = Codec::h264, RtpReceiverOptions options = {})
      : codec(c), received(testing::track_of(c), options) {}
  void send(const base::Bytes& payload, std::uint32_t timestamp, bool marker) {
    RtpHeader header{marker, 96, sequence++, timestamp, 1};
    received.receiver.push(testing::packet(header, payload),
                           at(std::chrono::microseconds(timestamp * 100 / 9)));
  }
  void lose() { ++sequence; }
  RtpReceiverStats stats() const { return received.receiver.stats(); }

  Codec codec;
  Received received;
  std::uint16_t sequence = 65530;
};

base::Bytes delta(bool first = true, unsigned seed = 1) { return slice(Codec::h264, false, first, 50, seed); }
base::Bytes idr() { return slice(Codec::h264, true, true, 50); }

base::Bytes aggregate(base::Bytes header, const std::vector<base::Bytes>& nals) {
  for (const base::Bytes& nal : nals) {
    header.push_back(static_cast<std::uint8_t>(nal.size() >> 8));
    header.push_back(static_cast<std::uint8_t>(nal.size()));
    header.insert(header.end(), nal.begin(), nal.end());
  }
  return header;
}

TEST(H26xDepacketizer, AggregatesOfBothCodecs) {
  Feed h264;
  h264.send(aggregate({0x78}, {testing::h264_sps(), testing::h264_pps(), idr()}), 0, true);
  EXPECT_EQ(h264.received.payloads(),
            testing::only(length_prefixed({testing::h264_sps(), testing::h264_pps(), idr()})));
  Feed h265(Codec::h265);
  const std::vector<base::Bytes> nals{testing::h265_vps(), testing::h265_sps(), testing::h265_pps(),
                                      slice(Codec::h265, true, true, 50)};
  h265.send(aggregate({48 << 1, 1}, nals), 0, true);
  EXPECT_EQ(h265.received.payloads(), testing::only(length_prefixed(nals)));
}

TEST(H26xDepacketizer, TruncatedAggregatesAndFragmentsDamageTheirUnitOnly) {
  const base::Bytes good = aggregate({0x78}, {testing::h264_sps(), testing::h264_pps(), idr()});
  for (std::size_t size = 0; size < good.size(); ++size) {
    Feed feed;
    feed.send(base::Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), 0, true);
    feed.send(delta(), 3600, true);
    const auto payloads = feed.received.payloads();
    ASSERT_FALSE(payloads.empty()) << size;
    EXPECT_EQ(base::Bytes(payloads.back().end() - 50, payloads.back().end()), delta()) << size;
  }
  for (const base::Bytes& broken : {base::Bytes{0x7c}, base::Bytes{0x7c, 0x85}, base::Bytes{0x7c, 0x9c, 1}}) {
    Feed feed;
    feed.send(delta(), 0, true);
    feed.send(broken, 3600, true);
    feed.send(delta(), 7200, true);
    EXPECT_EQ(feed.received.units.size(), 2u);
    EXPECT_EQ(feed.stats().malformed, 1u);
    EXPECT_EQ(feed.stats().damaged_units, 1u);
  }
}

TEST(H26xDepacketizer, KindsNotHandledAreRefusedWithACount) {
  for (const std::uint8_t type : {25, 26, 27, 29, 30, 31, 0}) {
    Feed feed;
    feed.send(delta(), 0, true);
    feed.send({static_cast<std::uint8_t>(0x60 | type), 0, 1, 0, 3, 0x41, 0x80, 1}, 3600, true);
    feed.send(delta(), 7200, true);
    EXPECT_EQ(feed.stats().unsupported, 1u) << int{type};
    EXPECT_EQ(feed.received.units.size(), 2u);
  }
  Feed paci(Codec::h265);
  paci.send({50 << 1, 1, 0, 0, 0, 0}, 0, true);
  EXPECT_EQ(paci.stats().unsupported, 1u);
}

TEST(H26xDepacketizer, ANewTimestampEndsAUnitWithoutMarker) {
  Feed feed;
  for (std::uint32_t i = 0; i < 5; ++i) feed.send(delta(true, i), i * 3600, false);
  ASSERT_EQ(feed.received.units.size(), 4u);
  EXPECT_EQ(feed.received.payloads()[2], length_prefixed({delta(true, 2)}));
  EXPECT_EQ(feed.stats().missing_markers, 4u);
  feed.received.receiver.flush();
  EXPECT_EQ(feed.stats().damaged_units, 1u);
}

TEST(H26xDepacketizer, ParameterSetsWithMarkerOrTimestampOfTheirOwnJoinThePicture) {
  Feed feed;
  feed.send(testing::h264_sps(), 1000, true);
  feed.send(testing::h264_pps(), 1000, true);
  feed.send(idr(), 3600, true);
  feed.send(delta(), 7200, true);
  ASSERT_EQ(feed.received.units.size(), 2u);
  EXPECT_EQ(feed.received.units[0]->payload,
            length_prefixed({testing::h264_sps(), testing::h264_pps(), idr()}));
  EXPECT_EQ(feed.received.units[0]->rtp_timestamp, 3600u);
  EXPECT_EQ(feed.received.receiver.track().width, 160);
}

TEST(H26xDepacketizer, MarkersOnEverySliceAreFoundOutAndIgnored) {
  Feed feed;
  for (std::uint32_t i = 0; i < 6; ++i) {
    feed.send(delta(true, i), i * 3600, true);
    feed.send(delta(false, i), i * 3600, true);
  }
  ASSERT_GE(feed.received.units.size(), 5u);
  EXPECT_EQ(feed.received.units.back()->payload, length_prefixed({delta(true, 4), delta(false, 4)}));
}

TEST(H26xDepacketizer, DelimiterAndSeiStayInTheUnit) {
  Feed feed;
  const base::Bytes aud{0x09, 0xf0}, sei{6, 5, 1, 0, 0x80};
  feed.send(aud, 0, false);
  feed.send(sei, 0, false);
  feed.send(delta(), 0, true);
  EXPECT_EQ(feed.received.payloads(), testing::only(length_prefixed({aud, sei, delta()})));
}

TEST(H26xDepacketizer, ALostDelimiterOrParameterSetIsNoticed) {
  const base::Bytes aud{0x09, 0xf0};
  Feed feed;
  for (std::uint32_t i = 0; i < 3; ++i) {
    feed.send(aud, i * 3600, false);
    feed.send(delta(), i * 3600, true);
  }
  feed.lose();
  feed.send(delta(), 3 * 3600, true);
  EXPECT_EQ(feed.received.units.size(), 3u);
  EXPECT_EQ(feed.stats().damaged_units, 1u);
}

TEST(H26xDepacketizer, JoiningInsideAPictureDropsTheRestOfIt) {
  Feed feed;
  feed.send({0x7c, 0x05, 1, 2, 3}, 0, false);
  feed.send({0x7c, 0x45, 1, 2, 3}, 0, true);
  feed.send(delta(), 3600, true);
  EXPECT_EQ(feed.received.payloads(), testing::only(length_prefixed({delta()})));
  Feed slices;
  slices.send(delta(false), 0, true);
  slices.send(delta(), 3600, true);
  EXPECT_EQ(slices.received.payloads(), testing::only(length_prefixed({delta()})));
}

TEST(H26xDepacketizer, AUnitBehindALossIsNotBelievedBeforeOneHasShownHowUnitsBegin) {
  const base::Bytes sei{0x06, 5, 1, 0, 0x80};
  const auto whole = length_prefixed({sei, delta()});
  for (const std::uint32_t harmed : {1u, 2u}) {
    Feed feed;
    feed.send(idr(), 0, true);
    for (std::uint32_t unit = 1; unit <= 3; ++unit) {
      unit == harmed ? feed.lose() : feed.send(sei, unit * 3600, false);
      feed.send(delta(), unit * 3600, true);
    }
    EXPECT_EQ(feed.received.payloads(), (std::vector{length_prefixed({idr()}), whole, whole})) << harmed;
    EXPECT_EQ(feed.stats().damaged_units, 1u) << harmed;
  }
}

TEST(H26xDepacketizer, AFragmentWithoutEndIsEndedByTheNextNalUnit) {
  Feed feed;
  feed.send({0x7c, 0x81, 0x80, 2}, 0, false);
  feed.send({0x7c, 0x01, 3}, 0, false);
  feed.send(delta(false), 0, true);
  EXPECT_EQ(feed.received.payloads(), testing::only(length_prefixed({{0x61, 0x80, 2, 3}, delta(false)})));
}

TEST(H26xDepacketizer, ParameterSetsMayChangeInTheMiddle) {
  Feed feed;
  feed.send(aggregate({0x78}, {testing::h264_sps(), testing::h264_pps(), idr()}), 0, true);
  base::Bytes other_pps = testing::h264_pps();
  other_pps.back() = 0xb2;
  feed.send(aggregate({0x78}, {testing::h264_sps(), other_pps, idr()}), 3600, true);
  EXPECT_EQ(feed.stats().parameter_set_changes, 2u);
  EXPECT_EQ(feed.received.receiver.track().config, length_prefixed({testing::h264_sps(), other_pps}));
}

TEST(H26xDepacketizer, AUnitLargerThanAllowedIsGivenUp) {
  Feed feed(Codec::h264, {.max_unit_bytes = 1000});
  for (int i = 0; i < 100; ++i) feed.send(delta(i == 0), 0, i == 99);
  feed.send(delta(), 3600, true);
  EXPECT_EQ(feed.received.units.size(), 1u);
  EXPECT_EQ(feed.stats().damaged_units, 1u);
}

/// Random losses (not of the first key and the first other unit: nothing would tell how units begin) and
/// duplicates: whatever is delivered was sent just so, in order, and units of which every packet arrived are
/// there.
TEST(H26xDepacketizer, WhatIsDeliveredWasSentWhateverIsLost) {
  for (const Codec codec : {Codec::h264, Codec::h265}) {
    for (unsigned seed = 0; seed < 60; ++seed) {
      std::mt19937 random(seed);
      RtpPacketizer packetizer(testing::track_of(codec), 0, 1, 400);
      Received received(testing::track_of(codec), {.ordered = seed % 2 == 0});
      std::vector<base::Bytes> sent, harmless;
      for (std::uint32_t i = 0; i < 100; ++i) {
        sent.push_back(testing::picture(codec, i % 10 == 0, 50 + random() % 1500, i));
        bool harmed = false;
        for (const auto& packet :
             testing::packets_of(*packetizer.packetize(sent.back(), false, i * 3600, at(0s)).value())) {
          if (i > 1 && random() % 20 == 0) {
            harmed = true;
            continue;
          }
          received.receiver.push(packet, at(i * 40ms));
          if (random() % 10 == 0) received.receiver.push(packet, at(i * 40ms));
        }
        if (!harmed) harmless.push_back(sent.back());
      }
      received.receiver.expire(at(1h));
      EXPECT_EQ(received.payloads(), harmless) << seed;
    }
  }
}

}  // namespace
}  // namespace watchrig::media

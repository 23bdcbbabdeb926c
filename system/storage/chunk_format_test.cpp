#include "system/storage/chunk_format.hpp"

#include <gtest/gtest.h>

#include "system/base/text.hpp"
#include "system/storage/crc32c.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;

/// The example of FORMAT.md.
ChunkHead example_head() {
  ChunkHead head;
  head.segment_uid = 0x1122334455667788;
  head.run = 5;
  head.index = 2;
  head.continues = true;
  head.begin = base::UtcTime(base::Duration(1'000'000'000));
  head.last = head.begin + 40ms;
  head.interval_ns = 40'000'000;
  head.types = 5;
  head.channel = "c1";
  head.stream = "main";
  media::Track track;
  track.codec = media::Codec::h264;
  track.width = 352;
  track.height = 288;
  track.config = {0, 0, 0, 1, 0x67};
  head.tracks = {track};
  UnitEntry first;
  first.size = 3;
  first.rtp_timestamp = 90000;
  first.received_ns = 1000;
  UnitEntry second = first;
  second.key = true;
  second.damaged = true;
  second.has_sender_time = true;
  second.size = 2;
  second.time_ns = 40'000'000;
  second.sender_ns = -1;
  head.units = {first, second};
  head.payload_bytes = 5;
  head.payload_crc = Crc32c::of(base::Bytes{1, 2, 3, 4, 5});
  return head;
}

TEST(Crc32c, GivesTheValueOfRfc3720WhetherInOnePieceOrSeveral) {
  const std::string text = "123456789";
  const base::ByteView bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  EXPECT_EQ(Crc32c::of(bytes), 0xe3069283u);
  Crc32c pieces;
  pieces.add(bytes.first(4));
  pieces.add(bytes.subspan(4));
  EXPECT_EQ(pieces.value(), 0xe3069283u);
}

TEST(ChunkFormat, WritesTheExampleOfTheFormatDocument) {
  const base::Bytes bytes = write_chunk_head(example_head());
  EXPECT_EQ(base::to_hex(bytes.data(), bytes.size()),
            "57524348554e4b0a3887296053518fab000000b10000000511223344556677880000000000000005"
            "0000000200010001000000003b9aca00000000003dfd240002625a00000000020001020400000005"
            "63316d61696e0160000000015f900160012000050000000167000000000000000300015f90000000"
            "000000000000000000000003e80000000000000000000000070000000200015f900000000002625a"
            "0000000000000003e8ffffffffffffffff");
}

TEST(ChunkFormat, ReadsBackWhatItWrote) {
  const ChunkHead head = example_head();
  const base::Bytes bytes = write_chunk_head(head);
  const auto parsed = parse_chunk_head(bytes);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(write_chunk_head(*parsed), bytes);
  EXPECT_EQ(parsed->head_bytes, bytes.size());
  EXPECT_EQ(parsed->channel, "c1");
  EXPECT_EQ(parsed->tracks.at(0).config, head.tracks[0].config);
  EXPECT_EQ(parsed->units.at(1).sender_ns, -1);
  EXPECT_TRUE(parsed->continues);
  EXPECT_EQ(parsed->types, 5U);
  EXPECT_EQ(count_frames(*parsed), 2u);
  EXPECT_EQ(first_key(*parsed), head.begin + 40ms);
}

TEST(ChunkFormat, RefusesAHeadWithAnyBitFlipped) {
  const base::Bytes bytes = write_chunk_head(example_head());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    base::Bytes flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(parse_chunk_head(flipped)) << "bit " << bit;
  }
}

TEST(ChunkFormat, RefusesAHeadCutOffAnywhere) {
  const base::Bytes bytes = write_chunk_head(example_head());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_chunk_head(base::ByteView(bytes).first(size))) << size;
  }
}

TEST(ChunkFormat, RefusesContradictionsThatPassTheCrc) {
  const auto refused = [](auto change) {
    ChunkHead head = example_head();
    change(head);
    const auto parsed = parse_chunk_head(write_chunk_head(head));
    return !parsed;
  };
  EXPECT_FALSE(refused([](ChunkHead&) {}));
  EXPECT_TRUE(refused([](ChunkHead& head) { head.payload_bytes = 6; })) << "sizes do not add up";
  EXPECT_TRUE(refused([](ChunkHead& head) { head.units[1].track = 1; })) << "no such track";
  EXPECT_TRUE(refused([](ChunkHead& head) { head.units.clear(); }));
  EXPECT_TRUE(refused([](ChunkHead& head) { head.tracks.clear(); }));
  EXPECT_TRUE(refused([](ChunkHead& head) { head.channel.clear(); }));
  EXPECT_TRUE(refused([](ChunkHead& head) { head.last = head.begin - 1ns; }));
  EXPECT_TRUE(refused([](ChunkHead& head) { head.last = head.begin + 21s; }));
  EXPECT_TRUE(refused([](ChunkHead& head) { head.units[0].time_ns = INT64_MIN; }));
  EXPECT_TRUE(refused([](ChunkHead& head) { head.tracks[0].codec = static_cast<media::Codec>(99); }));
}

TEST(ChunkFormat, TimesAtTheEndOfTheRangeWrapInsteadOfOverflowing) {
  ChunkHead head = example_head();
  head.begin = head.last = base::UtcTime::max();
  const auto parsed = parse_chunk_head(write_chunk_head(head));
  ASSERT_TRUE(parsed);
  EXPECT_LT(parsed->time(parsed->units[1]), base::UtcTime());
  EXPECT_EQ(time_minus(base::UtcTime::max(), base::UtcTime::min()), -1);
}

TEST(SegmentHeader, IsReadBackAndRefusedWhenDamaged) {
  const SegmentHeader header{7, 12, base::UtcTime(5s)};
  base::Bytes bytes = write_segment_header(header);
  ASSERT_EQ(bytes.size(), segment_header_bytes);
  const auto parsed = parse_segment_header(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->uid, 7u);
  EXPECT_EQ(parsed->number, 12u);
  EXPECT_EQ(parsed->created, header.created);
  bytes[20] ^= 1;
  EXPECT_FALSE(parse_segment_header(bytes));
  EXPECT_FALSE(parse_segment_header(base::ByteView(bytes).first(63)));
}

}  // namespace
}  // namespace watchrig::storage

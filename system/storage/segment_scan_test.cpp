#include "system/storage/segment_scan.hpp"

#include <gtest/gtest.h>

#include "system/storage/crc32c.hpp"

namespace watchrig::storage {
namespace {

constexpr std::uint64_t uid = 42;

/// A file in memory; reading a range can be refused.
class MemoryFile final : public SegmentFile {
 public:
  explicit MemoryFile(base::Bytes content) : bytes(std::move(content)) {}
  base::Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (bad_from < offset + into.size() && offset < bad_to)
      return base::Error{base::ErrorKind::io, "bad block"};
    if (offset >= bytes.size()) return std::size_t{0};
    const auto size = std::min<std::size_t>(into.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
    return size;
  }
  base::Result<> write(std::uint64_t, std::span<iovec>) override { return {}; }
  base::Result<> sync() override { return {}; }
  base::Result<std::uint64_t> size() override { return bytes.size(); }
  base::Result<> give_back(std::uint64_t offset, std::uint64_t size) override {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, std::uint8_t{0});
    return {};
  }

  base::Bytes bytes;
  std::uint64_t bad_from = 0;
  std::uint64_t bad_to = 0;
};

base::Bytes make_chunk(std::uint32_t index, std::size_t payload_bytes) {
  base::Bytes payload(payload_bytes);
  for (std::size_t i = 0; i < payload_bytes; ++i) payload[i] = static_cast<std::uint8_t>(i * 7 + index + 1);
  ChunkHead head;
  head.segment_uid = uid;
  head.run = 1;
  head.index = index;
  head.channel = "c1";
  head.stream = "main";
  head.tracks.resize(1);
  head.tracks[0].codec = media::Codec::h264;
  head.units.resize(1);
  head.units[0].size = static_cast<std::uint32_t>(payload_bytes);
  head.payload_bytes = static_cast<std::uint32_t>(payload_bytes);
  head.payload_crc = Crc32c::of(payload);
  base::Bytes chunk = write_chunk_head(head);
  chunk.insert(chunk.end(), payload.begin(), payload.end());
  return chunk;
}

struct Found {
  std::vector<std::uint32_t> indexes;
  ScanResult result;
};

Found scan(MemoryFile& file, std::optional<std::uint64_t> wanted = uid) {
  Found found;
  auto result = scan_segment(file, 0, wanted, [&](std::uint64_t, const ChunkHead& head) -> base::Result<> {
    found.indexes.push_back(head.index);
    return {};
  });
  EXPECT_TRUE(result);
  found.result = *result;
  return found;
}

/// Two chunks of a known place, zeros behind them.
struct TwoChunks {
  base::Bytes bytes = base::Bytes(4096);
  std::size_t first_size, second_at, second_end;
  TwoChunks() {
    const base::Bytes first = make_chunk(0, 700);
    const base::Bytes second = make_chunk(1, 300);
    first_size = first.size();
    second_at = round_up(first.size(), chunk_alignment);
    second_end = second_at + second.size();
    std::copy(first.begin(), first.end(), bytes.begin());
    std::copy(second.begin(), second.end(), bytes.begin() + static_cast<std::ptrdiff_t>(second_at));
  }
};

using Indexes = std::vector<std::uint32_t>;

TEST(SegmentScan, FindsChunksAndTheEnd) {
  const TwoChunks chunks;
  MemoryFile file(chunks.bytes);
  const Found found = scan(file);
  EXPECT_EQ(found.indexes, (Indexes{0, 1}));
  EXPECT_EQ(found.result.end, chunks.second_end);
  EXPECT_EQ(found.result.dirty_end, chunks.second_end);
  EXPECT_EQ(found.result.damaged, 0u);
}

TEST(SegmentScan, TailTornAtAnyByteLosesThatChunkOnly) {
  const TwoChunks chunks;
  for (std::size_t cut = chunks.second_at; cut < chunks.second_end; ++cut) {
    MemoryFile zeroed(chunks.bytes);
    std::fill(zeroed.bytes.begin() + static_cast<std::ptrdiff_t>(cut), zeroed.bytes.end(), std::uint8_t{0});
    const Found torn = scan(zeroed);
    ASSERT_EQ(torn.indexes, (Indexes{0})) << "torn at " << cut;
    ASSERT_EQ(torn.result.end, chunks.first_size);
    ASSERT_EQ(torn.result.damaged, 0u);
    ASSERT_LE(torn.result.dirty_end, chunks.second_end + chunk_alignment);

    MemoryFile truncated(
        base::Bytes(chunks.bytes.begin(), chunks.bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
    ASSERT_EQ(scan(truncated).indexes, (Indexes{0})) << "truncated at " << cut;
  }
}

TEST(SegmentScan, BitFlippedAnywhereLosesThatChunkOnly) {
  const TwoChunks chunks;
  for (std::size_t at = 0; at < chunks.second_end; ++at) {
    if (at >= chunks.first_size && at < chunks.second_at) continue;
    MemoryFile file(chunks.bytes);
    file.bytes[at] ^= static_cast<std::uint8_t>(1 << at % 8);
    const Found found = scan(file);
    const bool in_first = at < chunks.first_size;
    ASSERT_EQ(found.indexes, in_first ? Indexes{1} : Indexes{0}) << "flipped at " << at;
    ASSERT_EQ(found.result.damaged, in_first ? 1u : 0u);
  }
}

TEST(SegmentScan, ChunksOfAnotherSegmentDoNotCountUnlessItsUidIsLost) {
  const TwoChunks chunks;
  MemoryFile file(chunks.bytes);
  EXPECT_TRUE(scan(file, uid + 1).indexes.empty());
  EXPECT_EQ(scan(file, std::nullopt).indexes, (Indexes{0, 1}));
}

/// Three chunks with blocks of their own, and where they are.
struct ThreeChunks {
  base::Bytes bytes = base::Bytes(96u << 10);
  std::vector<std::uint64_t> offsets;
  std::uint64_t end = 0;
  ThreeChunks() {
    for (std::uint32_t index = 0; index < 3; ++index) {
      const auto chunk = make_chunk(index, 20000 + index);
      offsets.push_back(round_up(end, chunk_alignment));
      std::copy(chunk.begin(), chunk.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offsets.back()));
      end = offsets.back() + chunk.size();
    }
  }
  Extent part(std::size_t index) const {
    return removable_part(offsets[index], *parse_chunk_head(base::ByteView(bytes).subspan(offsets[index])));
  }
};

TEST(SegmentScan, WhatWasGivenBackIsNoDamage) {
  const ThreeChunks chunks;
  for (const Indexes& removed : {Indexes{0}, Indexes{1}, Indexes{0, 1}}) {
    MemoryFile file(chunks.bytes);
    std::uint64_t freed = 0;
    for (const auto index : removed) {
      const auto part = chunks.part(index);
      ASSERT_GE(part.size, 12288U);
      ASSERT_TRUE(file.give_back(part.offset, part.size));
      freed += part.size;
    }
    const Found found = scan(file);
    EXPECT_EQ(found.indexes.size(), 3 - removed.size());
    EXPECT_EQ(found.indexes.back(), 2U) << "what is beside it is untouched";
    EXPECT_EQ(found.result.damaged, 0U);
    EXPECT_EQ(found.result.freed, freed);
    EXPECT_EQ(found.result.end, chunks.end);
  }
}

TEST(SegmentScan, AWriteTornBehindItsHeadIsNoneThatWasGivenBack) {
  const ThreeChunks chunks;
  MemoryFile file(chunks.bytes);
  const auto part = chunks.part(2);
  ASSERT_TRUE(file.give_back(part.offset, file.bytes.size() - part.offset));
  const Found found = scan(file);
  EXPECT_EQ(found.indexes, (Indexes{0, 1}));
  EXPECT_EQ(found.result.freed, 0U);
  EXPECT_LE(found.result.end, chunks.offsets[2]) << "is written again from there";
  EXPECT_GE(found.result.dirty_end, part.offset) << "and cleared before";
}

TEST(SegmentScan, ABadBlockHidesNothingButItself) {
  const base::Bytes first = make_chunk(0, 9000);
  const base::Bytes second = make_chunk(1, 9000);
  base::Bytes bytes(64u << 10);
  std::copy(first.begin(), first.end(), bytes.begin());
  std::copy(second.begin(), second.end(), bytes.begin() + 16384);
  MemoryFile file(bytes);
  file.bad_from = 4096;
  file.bad_to = 4097;
  const Found found = scan(file);
  EXPECT_EQ(found.indexes, (Indexes{1}));
  EXPECT_TRUE(found.result.unreadable);
}

TEST(SegmentScan, ChunkLargerThanTheWindow) {
  base::Bytes bytes = make_chunk(0, 5u << 20);
  const auto end = bytes.size();
  bytes.resize(round_up(end, 4096) + 4096);
  MemoryFile file(bytes);
  const Found found = scan(file);
  EXPECT_EQ(found.indexes, (Indexes{0}));
  EXPECT_EQ(found.result.end, end);
}

TEST(SegmentScan, EmptyFileAndShortFile) {
  MemoryFile empty{base::Bytes()};
  EXPECT_TRUE(scan(empty).indexes.empty());
  MemoryFile small{base::Bytes(100, 0xff)};
  EXPECT_TRUE(scan(small).indexes.empty());
}

}  // namespace
}  // namespace watchrig::storage

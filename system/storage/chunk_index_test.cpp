#include "system/storage/chunk_index.hpp"

#include <gtest/gtest.h>

#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;

IndexedChunk chunk(std::uint32_t index, base::Duration begin, std::uint64_t segment = 1) {
  ChunkRow row;
  row.run = 1;
  row.index = index;
  row.segment = segment;
  row.offset = 4096 * (index + 1);
  row.head_bytes = 100;
  row.payload_bytes = 1000;
  row.begin = test_start + begin;
  row.last = row.begin + 400ms;
  row.frames = 12;
  if (index % 2 == 0) row.key = row.begin;
  return {"c1", "main", row};
}

struct ChunkIndexTest : testing::Test {
  TestDirectory directory;
  std::filesystem::path path = directory.path() / "index.sqlite";
  std::unique_ptr<ChunkIndex> open() {
    auto index = ChunkIndex::open(path);
    EXPECT_TRUE(index) << index.error().message;
    return std::move(*index);
  }
};

TEST_F(ChunkIndexTest, FindsRunsChunksAndKeys) {
  const auto index = open();
  ASSERT_TRUE(index->commit({chunk(0, 0s), chunk(1, 1s), chunk(2, 2s)}, {{1, 9000, false}}));
  EXPECT_EQ(index->chunks("c1", "main", 1, test_start + 1s, test_start + 2s, 10)->size(), 1u);
  EXPECT_EQ(index->key_chunk("c1", "main", 1, test_start + 1900ms)->value().index, 0u);
  EXPECT_FALSE(index->key_chunk("c1", "main", 1, test_start - 1s)->has_value());
  ASSERT_EQ(index->runs("c1", "main", test_start, test_start + 1s)->size(), 1u);
  EXPECT_EQ(index->runs("c1", "main", test_start, test_start + 1s)->at(0).last, test_start + 2400ms);
  EXPECT_TRUE(index->runs("c1", "main", test_start + 3s, test_start + 4s)->empty());
  EXPECT_TRUE(index->runs("c2", "main", test_start, test_start + 1s)->empty());
  EXPECT_EQ(*index->last_run(), 1u);
}

TEST_F(ChunkIndexTest, TheSameChunkTwiceIsOneRow) {
  const auto index = open();
  ASSERT_TRUE(index->commit({chunk(0, 0s)}, {}));
  ASSERT_TRUE(index->commit({chunk(0, 0s, 2)}, {}));
  ASSERT_EQ(index->everything()->size(), 1u);
  EXPECT_EQ(index->everything()->at(0).row.segment, 2u);
}

TEST_F(ChunkIndexTest, ForgetsWhatIsBehindAPlace) {
  const auto index = open();
  ASSERT_TRUE(index->commit({chunk(0, 0s), chunk(1, 1s)}, {{1, 12000, true}}));
  ASSERT_TRUE(index->forget(1, 6000));
  EXPECT_EQ(index->everything()->size(), 1u);
  EXPECT_EQ(index->segments()->at(0).known_bytes, 6000u);
  ASSERT_TRUE(index->forget(1, 0));
  EXPECT_TRUE(index->everything()->empty());
  EXPECT_TRUE(index->segments()->empty());
}

TEST_F(ChunkIndexTest, WithASegmentItsRunsGoUnlessTheyReachIntoAnother) {
  const auto index = open();
  auto other = chunk(0, 0s, 1);
  other.row.run = 2;
  ASSERT_TRUE(index->commit({chunk(0, 0s, 1), chunk(1, 1s, 2), other}, {{1, 12000, true}, {2, 9000, false}}));
  ASSERT_TRUE(index->forget(1, 0));
  ASSERT_EQ(index->everything()->size(), 1u);
  EXPECT_EQ(index->everything()->at(0).row.index, 1u);
  const auto runs = index->runs("c1", "main", test_start - 1h, test_start + 1h);
  ASSERT_EQ(runs->size(), 1u);
  EXPECT_EQ(runs->at(0).run, 1u);
  ASSERT_EQ(index->segments()->size(), 1u);
  EXPECT_EQ(index->segments()->at(0).number, 2u);
}

TEST_F(ChunkIndexTest, ARowThatMovedToAnotherSegmentStaysWithIt) {
  const auto index = open();
  ASSERT_TRUE(index->commit({chunk(0, 0s, 1)}, {{1, 9000, true}}));
  ASSERT_TRUE(index->commit({chunk(0, 0s, 2)}, {{2, 9000, false}}));
  ASSERT_TRUE(index->forget(1, 0));
  EXPECT_EQ(index->everything()->size(), 1u);
}

TEST_F(ChunkIndexTest, HostileNamesAreNames) {
  const auto index = open();
  auto odd = chunk(0, 0s);
  odd.channel = "x'); DROP TABLE chunk; --";
  ASSERT_TRUE(index->commit({odd}, {}));
  EXPECT_EQ(index->everything()->at(0).channel, odd.channel);
}

TEST_F(ChunkIndexTest, OfATimeBeforeTypesEverythingIsRegular) {
  {
    auto old = platform::SqliteDatabase::open(path);
    ASSERT_TRUE(old);
    ASSERT_TRUE(old->execute(R"(
      CREATE TABLE source (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, stream TEXT NOT NULL, UNIQUE (channel, stream));
      CREATE TABLE segment (number INTEGER PRIMARY KEY, known_bytes INTEGER NOT NULL, sealed INTEGER NOT NULL);
      CREATE TABLE run (source INTEGER NOT NULL, run INTEGER NOT NULL, begin INTEGER NOT NULL, last INTEGER NOT NULL,
                        PRIMARY KEY (source, run)) WITHOUT ROWID;
      CREATE TABLE chunk (source INTEGER NOT NULL, run INTEGER NOT NULL, begin INTEGER NOT NULL, idx INTEGER NOT NULL,
                          segment INTEGER NOT NULL, offset INTEGER NOT NULL, head_bytes INTEGER NOT NULL,
                          payload_bytes INTEGER NOT NULL, last INTEGER NOT NULL, interval_ns INTEGER NOT NULL,
                          frames INTEGER NOT NULL, key INTEGER, PRIMARY KEY (source, run, begin, idx)) WITHOUT ROWID;
      INSERT INTO source VALUES (1, 'c1', 'main');
      INSERT INTO run VALUES (1, 1, 1000, 2000);
      INSERT INTO chunk VALUES (1, 1, 1000, 0, 1, 4096, 100, 1000, 2000, 40000000, 12, 1000);
      PRAGMA user_version = 1;)"));
  }
  for (int opened = 0; opened < 2; ++opened) {
    const auto rows = open()->everything();
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->at(0).row.types, platform::regular_recording);
    EXPECT_EQ(rows->at(0).row.frames, 12U);
    EXPECT_EQ(*open()->bytes("c1"), rows->at(0).row.bytes());
  }
  const auto index = open();
  ASSERT_TRUE(index->forget(1, 0)) << "also what an older program has indexed is found by its segment";
  EXPECT_TRUE(index->everything()->empty());
  auto later = chunk(1, 1s);
  later.row.types = platform::motion_recording | 1U << 31;
  ASSERT_TRUE(index->commit({later}, {}));
  EXPECT_EQ(index->everything()->at(0).row, later.row);
}

TEST_F(ChunkIndexTest, KnowsWhatAChannelTakes) {
  const auto index = open();
  auto yard = chunk(0, 0s);
  yard.channel = "yard";
  auto first = chunk(0, 0s);
  first.row.payload_bytes = 20000;
  auto second = chunk(1, 1s);
  second.row.payload_bytes = 20000;
  ASSERT_TRUE(index->commit({first, second, yard}, {{1, 1u << 20, true}}));
  EXPECT_EQ(*index->bytes(first.channel), 2 * first.row.bytes());
  EXPECT_EQ(*index->bytes("nobody"), 0U);
  const auto before = *index->sealed_bytes();
  ASSERT_TRUE(index->forget({first}));
  ASSERT_TRUE(index->forget({first}));
  EXPECT_EQ(*index->bytes(first.channel), first.row.bytes()) << "once";
  EXPECT_EQ(index->runs(first.channel, "main", base::UtcTime::min(), base::UtcTime::max())->at(0).begin,
            second.row.begin);
  EXPECT_EQ(*index->sealed_bytes(), before) << "until it is given back";
  ASSERT_TRUE(index->add_freed({{1, 16384}}));
  EXPECT_EQ(*index->sealed_bytes(), before - 16384);
  ASSERT_TRUE(index->add_freed({{1, 2u << 20}}));
  EXPECT_EQ(*index->sealed_bytes(), 0U) << "no less";
  EXPECT_EQ(index->chunks_in(1)->size(), 2U);
  ASSERT_TRUE(index->forget({second}));
  EXPECT_EQ(*index->bytes(first.channel), 0U);
  EXPECT_TRUE(index->runs(first.channel, "main", base::UtcTime::min(), base::UtcTime::max())->empty());
  ASSERT_TRUE(index->forget(1, 0));
  EXPECT_EQ(*index->bytes("yard"), 0U);
}

TEST_F(ChunkIndexTest, SegmentsWithWhatIsLockedArePassedOverUntilItIsReleased) {
  const auto index = open();
  ASSERT_TRUE(index->commit({chunk(0, 0s, 1)}, {{1, 9000, true}}));
  ASSERT_TRUE(index->commit({chunk(1, 60s, 2)}, {{2, 9000, true}}));
  ASSERT_TRUE(index->set_locked(1));
  ASSERT_TRUE(index->set_locked(2));
  EXPECT_FALSE(*index->oldest_sealed(0));
  EXPECT_EQ(*index->sealed_bytes(), 0U);
  const auto channel = chunk(0, 0s).channel;
  ASSERT_TRUE(index->release("nobody", base::UtcTime::min(), base::UtcTime::max()));
  EXPECT_FALSE(*index->oldest_sealed(0));
  const auto begin = chunk(1, 60s).row.begin;
  ASSERT_TRUE(index->release(channel, begin, begin + 1s));
  EXPECT_EQ((*index->oldest_sealed(0))->number, 2U);
  ASSERT_TRUE(index->set_locked(2));
  ASSERT_TRUE(index->release("", base::UtcTime::min(), base::UtcTime::max()));
  EXPECT_EQ((*index->oldest_sealed(0))->number, 1U);
}

TEST_F(ChunkIndexTest, AnotherSchemaAndRubbishAreToldApart) {
  {
    auto other = platform::SqliteDatabase::open(path);
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->execute("CREATE TABLE old (x); PRAGMA user_version = 99"));
  }
  EXPECT_EQ(ChunkIndex::open(path).error().kind, base::ErrorKind::unsupported);
  ChunkIndex::erase(path);
  write_bytes(path, base::Bytes(10000, 'x'));
  EXPECT_EQ(ChunkIndex::open(path).error().kind, base::ErrorKind::corrupt);
}

}  // namespace
}  // namespace watchrig::storage

#include "simulators/camera/ledger.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "simulators/camera/testing/sample_trains.hpp"

namespace watchrig::camera {
namespace {

using testing::captured_at;

UnitRecord unit(std::uint64_t index, std::uint32_t size = 10) {
  return {index, captured_at(index), static_cast<std::uint32_t>(index * 3600), size, index % 10 == 0, {}};
}

struct LedgerTest : ::testing::Test {
  std::shared_ptr<UnitBook> book = std::make_shared<UnitBook>();
  Ledger ledger{book, testing::sample_grid()};
  std::vector<Ledger::Entry> all() const {
    return ledger.entries(base::UtcTime::min(), base::UtcTime::max());
  }
};

TEST_F(LedgerTest, UnitsThatNobodyWatchedAreInIt) {
  for (std::uint64_t i = 0; i < 5; ++i) book->append(unit(i));
  ledger.handed(3);
  const auto entries = all();
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[2].sent, 0U);
  EXPECT_EQ(entries[3].sent, 1U);
}

TEST_F(LedgerTest, RangeIsFromUpToBeforeTo) {
  for (std::uint64_t i = 0; i < 50; ++i) book->append(unit(i));
  const auto entries = ledger.entries(captured_at(10), captured_at(12));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].unit.index, 10U);
  EXPECT_TRUE(ledger.entries(captured_at(12), captured_at(10)).empty());
  EXPECT_TRUE(ledger.entries(captured_at(60), base::UtcTime::max()).empty());
}

TEST_F(LedgerTest, BrokenSessionsDoNotCountInWhateverOrderTheyAreTold) {
  book->append(unit(0));
  ledger.broken(0);
  ledger.handed(0);
  ledger.handed(0);
  EXPECT_EQ(all().at(0).sent, 1U);
}

TEST_F(LedgerTest, OwnUnitStandsInPlaceOfTheSharedOne) {
  for (std::uint64_t i = 0; i < 3; ++i) book->append(unit(i));
  ledger.replace(unit(1, 99));
  EXPECT_EQ(all().at(1).unit.size, 99U);
  EXPECT_EQ(all().at(2).unit.size, 10U);
}

TEST_F(LedgerTest, ForgetsTheOldestBeyondItsBound) {
  for (std::uint64_t i = 0; i < max_units + 10; ++i) book->append(unit(i));
  ledger.handed(0);
  ledger.handed(max_units + 9);
  ledger.handed(1);  // long forgotten
  const auto entries = all();
  EXPECT_EQ(entries.size(), max_units);
  EXPECT_EQ(entries.front().unit.index, 10U);
  EXPECT_EQ(entries.back().sent, 1U);
}

TEST_F(LedgerTest, JsonHasNanosecondsAndDigests) {
  auto record = unit(7);
  record.digest.fill(0xab);
  book->append(record);
  const auto list = boost::json::parse(to_json(all())).as_array();
  const auto& entry = list.at(0).as_object();
  EXPECT_EQ(entry.at("index"), 7);
  EXPECT_EQ(entry.at("time"), "1970-01-01T00:16:40.280000000Z");
  EXPECT_EQ(entry.at("digest").as_string().size(), 64U);
  EXPECT_EQ(entry.at("digest").as_string().subview(0, 4), "abab");
  EXPECT_EQ(entry.at("key"), false);
  EXPECT_EQ(to_json({}), "[]");
}

TEST(UnitGrid, FindsTheNumberOfEveryCaptureTime) {
  for (const media::FrameRate rate :
       {media::FrameRate{25, 1}, {30000, 1001}, {25, 2}, {120, 1}, {8000, 160}}) {
    const UnitGrid grid{base::UtcTime(std::chrono::seconds(1769860800)), rate};
    for (std::uint64_t index = 0; index < 50'000'000; index = index * 3 / 2 + 1) {
      EXPECT_EQ(grid.index_at(grid.started + rate.time_of(index)), index);
    }
    EXPECT_EQ(grid.index_at(grid.started - std::chrono::seconds(5)), 0U);
  }
}

TEST(UnitRecord, ReadsTheDigestOfAUnit) {
  scene::EncodedUnit unit;
  unit.payload = {1, 2, 3};
  unit.digest = media::digest(unit.payload);
  const auto record = record_of(unit);
  EXPECT_EQ(record.size, 3U);
  EXPECT_EQ(record.digest[0], 0x03);  // SHA-256 of 01 02 03 begins with 039058c6
  EXPECT_EQ(record.digest[1], 0x90);
}

}  // namespace
}  // namespace watchrig::camera

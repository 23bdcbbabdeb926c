#include "simulators/camera/card/card_store.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulators/camera/card/card_feed.hpp"

namespace watchrig::camera {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// A card that gets a picture of 1000 bytes every 100 ms, each tenth a key picture.
struct CardTest : ::testing::Test {
  static constexpr std::size_t size = 1000;

  void make(std::uint64_t units, bool stops = false) {
    card = std::make_shared<CardStore>(CardStore::Options{units * size, stops});
    begin();
  }
  void begin() {
    ledger = std::make_shared<Ledger>(book, UnitGrid{start, {10, 1}});
    card->begin({track}, {ledger});
  }
  void record(int units) {
    for (int i = 0; i < units; ++i, ++next) {
      auto unit = std::make_shared<scene::EncodedUnit>();
      unit->index = static_cast<std::uint64_t>(next);
      unit->captured = start + next * 100ms;
      unit->rtp_timestamp = static_cast<std::uint32_t>(next * 9000);
      unit->key = next % 10 == 0;
      unit->payload = {0, 0, 3, 228, static_cast<std::uint8_t>(unit->key ? 0x65 : 0x41)};
      unit->payload.resize(size, static_cast<std::uint8_t>(next));
      book->append(record_of(*unit));
      card->add(TrackRole::video, unit);
    }
  }
  /// Seconds since the start at which sections begin and end.
  std::vector<double> sections() const {
    std::vector<double> times;
    for (const auto& section : card->sections()) {
      for (const auto time : {section.from, section.to})
        times.push_back(std::chrono::duration<double>(time - start).count());
    }
    return times;
  }
  /// Marks of what is played.
  std::vector<media::ReplayMark> play(media::RtspReplay replay) {
    boost::asio::io_context io;
    std::vector<media::ReplayMark> marks;
    boost::asio::co_spawn(io, run(replay, marks, io), [](std::exception_ptr) {});
    io.run();
    return marks;
  }
  boost::asio::awaitable<void> run(media::RtspReplay replay, std::vector<media::ReplayMark>& marks,
                                   boost::asio::io_context& io) {
    replay.rate_control = false;
    CardFeed feed(card, {track}, replay, io.get_executor(), clock, ahead);
    for (;;) {
      const auto train = co_await feed.next();
      if (!train) break;
      const auto packet = base::ByteView((*train)->block).subspan((*train)->packets.front() + 4);
      marks.push_back(*media::parse_rtp(packet)->replay);
      feed.sent(**train);
    }
  }

  const base::UtcTime start = base::parse_utc("2026-01-31T12:00:00Z").value();
  base::ManualClock clock{start};
  media::Track track = [] {
    media::Track h264;
    h264.codec = media::Codec::h264;
    return h264;
  }();
  const std::shared_ptr<UnitBook> book = std::make_shared<UnitBook>();
  std::shared_ptr<Ledger> ledger;
  std::shared_ptr<CardStore> card;
  base::Duration ahead{};  ///< of the camera's clock
  int next = 0;
};

TEST_F(CardTest, TheOldestGroupsMakeRoom) {
  make(25);
  record(25);
  EXPECT_THAT(sections(), ElementsAre(0, 2.4));
  record(1);
  EXPECT_THAT(sections(), ElementsAre(1, 2.5));
  EXPECT_EQ(card->used_bytes(), 16 * size);
}

TEST_F(CardTest, OrItIsFullAndStops) {
  make(25, true);
  record(40);
  EXPECT_THAT(sections(), ElementsAre(0, 2.4));
  EXPECT_FALSE(card->recording());
}

TEST_F(CardTest, EachInterruptionBeginsASectionAtAKeyPicture) {
  make(1000);
  record(15);
  card->pause(true);
  record(10);
  card->pause(false);
  record(10);
  card->set_job(false);
  record(10);
  card->set_job(true);
  record(10);
  EXPECT_THAT(sections(), ElementsAre(0, 1.4, 3, 3.4, 5, 5.4));
}

TEST_F(CardTest, CannotBeReadWhileItIsOutAndIsAsItWasAfterwards) {
  make(1000);
  record(15);
  for (const auto state : {CardState::removed, CardState::failed}) {
    card->set_state(state);
    record(10);
    EXPECT_TRUE(sections().empty());
    EXPECT_FALSE(card->find(start));
    EXPECT_FALSE(card->at(1));
  }
  card->set_state(CardState::inserted);
  EXPECT_THAT(sections(), ElementsAre(0, 1.4));
}

TEST_F(CardTest, PlaysFromTheKeyPictureBeforeUpToTheEnd) {
  make(1000);
  record(35);
  media::RtspReplay replay;
  replay.from = start + 1550ms;
  replay.to = start + 2s;
  const auto marks = play(replay);
  ASSERT_EQ(marks.size(), 11U);
  EXPECT_EQ(marks.front().time, start + 1s);
  EXPECT_TRUE(marks.front().clean_point && marks.front().discontinuity);
  EXPECT_EQ(marks.back().time, start + 2s);
  EXPECT_TRUE(marks.back().last);
  EXPECT_FALSE(marks[5].last || marks[5].discontinuity || marks[5].clean_point);
  const auto units = ledger->entries(start, start + 1h);
  EXPECT_EQ(std::ranges::count(units, 1U, &Ledger::Entry::sent), 11);
}

TEST_F(CardTest, IsAskedAndTellsByTheCamerasClock) {
  make(1000);
  record(35);
  ahead = -1h;
  media::RtspReplay replay;
  replay.from = start - 1h + 1550ms;
  replay.to = start - 1h + 2s;
  const auto marks = play(replay);
  ASSERT_EQ(marks.size(), 11U);
  EXPECT_EQ(marks.front().time, start - 1h + 1s);
  EXPECT_TRUE(marks.back().last);
}

TEST_F(CardTest, PlaysFromTheEarliestByAnyClock) {
  make(1000);
  record(35);
  ahead = 1h;
  const auto marks = play({});
  ASSERT_EQ(marks.size(), 35U);
  EXPECT_EQ(marks.front().time, start + 1h);
}

TEST_F(CardTest, MarksHolesAndPassesOverWhatIsCodedOtherwise) {
  make(1000);
  record(15);
  card->pause(true);
  record(5);
  card->pause(false);
  record(10);
  auto other = track;
  other.width = 64;
  card->begin({other}, {ledger});
  record(10);
  card->begin({track}, {ledger});
  record(10);
  const auto marks = play({});
  ASSERT_EQ(marks.size(), 35U);
  EXPECT_TRUE(marks[14].section_end);
  EXPECT_TRUE(marks[15].discontinuity);
  EXPECT_EQ(marks[25].time, start + 4s);
  EXPECT_TRUE(marks[25].discontinuity);
  media::RtspReplay keys;
  keys.key_pictures_only = true;
  EXPECT_EQ(play(keys).size(), 4U);
}

/// Tenths of a second after the start.
std::vector<int> tenths(const std::vector<media::ReplayMark>& marks, base::UtcTime start) {
  std::vector<int> times;
  for (const auto& mark : marks) times.push_back(static_cast<int>((mark.time - start) / 100ms));
  return times;
}

TEST_F(CardTest, PlaysGroupsBackwardsAndTheirPicturesForwards) {
  make(1000);
  record(35);
  media::RtspReplay replay;
  replay.backwards = true;
  replay.from = start + 2250ms;
  replay.to = start + 1450ms;
  const auto marks = play(replay);
  EXPECT_THAT(tenths(marks, start), ElementsAre(20, 21, 22, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
  for (const auto& mark : marks) {
    const bool is_key = (mark.time - start) % 1s == base::Duration::zero();
    EXPECT_EQ(mark.clean_point, is_key);
    EXPECT_EQ(mark.discontinuity, is_key);
    EXPECT_EQ(mark.last, mark.time == start + 1900ms);
    EXPECT_FALSE(mark.section_end);
  }
}

TEST_F(CardTest, BackwardsItBeginsWithTheLatestAndEndsWithTheOldest) {
  make(1000);
  ahead = 1h;
  record(15);
  media::RtspReplay replay;
  replay.backwards = true;
  replay.from = base::UtcTime::max();
  const auto marks = play(replay);
  EXPECT_THAT(tenths(marks, start + 1h), ElementsAre(10, 11, 12, 13, 14, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_TRUE(marks.back().last);
  replay.key_pictures_only = true;
  EXPECT_THAT(tenths(play(replay), start + 1h), ElementsAre(10, 0));
}

TEST_F(CardTest, BackwardsHolesAreMarkedAndOtherCodingIsPassedOver) {
  make(1000);
  record(12);
  card->pause(true);
  record(18);
  card->pause(false);
  record(2);
  auto other = track;
  other.width = 64;
  card->begin({other}, {ledger});
  record(8);
  card->begin({track}, {ledger});
  record(1);
  media::RtspReplay replay;
  replay.backwards = true;
  replay.from = base::UtcTime::max();
  const auto marks = play(replay);
  EXPECT_THAT(tenths(marks, start), ElementsAre(40, 30, 31, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_TRUE(marks[2].section_end && marks[4].section_end);
  EXPECT_FALSE(marks[3].section_end || marks.back().section_end);
  replay.from = start - 1s;
  EXPECT_TRUE(play(replay).empty());
}

TEST_F(CardTest, BackwardsTheWayTakesAsLongAsForwards) {
  make(1000);
  record(25);
  card->pause(true);
  record(15);
  card->pause(false);
  record(10);
  media::RtspReplay replay;
  replay.backwards = true;
  replay.from = base::UtcTime::max();
  CardCourse course(card, {track}, replay);
  std::vector<int> played;
  while (const auto step = course.next()) played.push_back(static_cast<int>(step->played / 100ms));
  ASSERT_EQ(played.size(), 35U);
  // Each picture takes its tenth of a second; the hole takes none.
  for (int i = 0; i < 35; ++i) EXPECT_EQ(played[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace watchrig::camera

#include "system/media/stream_hub.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/base/spawn.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

Track h264_track(std::uint8_t profile) {
  Track track;
  track.codec = Codec::h264;
  track.config = {0, 0, 0, 4, 0x67, profile, 0, 30, 0, 0, 0, 2, 0x68, 0xce};
  return track;
}

AccessUnitPtr picture(int number, bool key, std::size_t bytes = 100) {
  AccessUnit unit;
  unit.codec = Codec::h264;
  unit.key = key;
  unit.time = base::UtcTime(number * 40ms);
  unit.payload.assign(bytes + 5, 0x11);
  unit.payload[0] = unit.payload[1] = unit.payload[2] = 0;
  base::store_be32(unit.payload.data(), static_cast<std::uint32_t>(bytes + 1));
  unit.payload[4] = key ? 0x65 : 0x41;
  return std::make_shared<const AccessUnit>(std::move(unit));
}

class StreamHubTest : public testing::Test {
 protected:
  void SetUp() override { hub_->set_tracks({h264_track(66)}); }
  std::shared_ptr<UnitReader> reader(std::size_t bytes = 1 << 20) {
    return hub_->read_units(context_.get_executor(), bytes, base::Overflow::drop_to_restart);
  }
  static int drain(UnitReader& from) {
    int units = 0;
    while (from.queue.try_pop()) ++units;
    return units;
  }

  asio::io_context context_;
  std::shared_ptr<StreamHub> hub_ = std::make_shared<StreamHub>("channel \"Gate\" main", 7);
};

TEST_F(StreamHubTest, ReadersShareUnitsAndStartAtAKeyPicture) {
  const auto early = reader();
  hub_->publish(picture(0, true));
  const auto late = reader();
  hub_->publish(picture(1, false));
  hub_->publish(picture(2, true));
  EXPECT_EQ(drain(*early), 3);
  EXPECT_EQ(drain(*late), 1);
  EXPECT_EQ(hub_->totals().units, 3U);
  EXPECT_EQ(hub_->totals().dropped, 0U);
}

TEST_F(StreamHubTest, ASlowReaderCostsNobodyElseAPicture) {
  const auto slow = reader(300);
  const auto quick = reader();
  for (int i = 0; i < 10; ++i) hub_->publish(picture(i, i % 5 == 0));
  EXPECT_EQ(drain(*quick), 10);
  EXPECT_LT(drain(*slow), 10);
  EXPECT_GT(hub_->totals().dropped, 0U);
}

TEST_F(StreamHubTest, DropsOfReadersThatHaveGoneAreKept) {
  auto slow = reader(300);
  for (int i = 0; i < 10; ++i) hub_->publish(picture(i, i == 0));
  const auto dropped = hub_->totals().dropped;
  EXPECT_GT(dropped, 0U);
  slow.reset();
  EXPECT_EQ(hub_->totals().dropped, dropped);
  EXPECT_EQ(hub_->totals().readers, 0U);
}

TEST_F(StreamHubTest, DemandIsToldForTheFirstAndAfterTheLastReader) {
  std::vector<bool> told;
  hub_->on_demand([&](bool wanted) { told.push_back(wanted); });
  auto first = reader();
  auto second = hub_->read_trains(context_.get_executor(), 1000);
  first.reset();
  second.reset();
  EXPECT_EQ(told, (std::vector{true, false}));
}

TEST_F(StreamHubTest, ChangedTracksEndTheReadersAndTheSameTracksDoNot) {
  const auto before = reader();
  hub_->set_tracks({h264_track(66)});
  hub_->publish(picture(0, true));
  EXPECT_EQ(drain(*before), 1);
  hub_->set_tracks({h264_track(77)});
  hub_->publish(picture(1, true));
  EXPECT_EQ(drain(*before), 0);
  const auto after = reader();
  hub_->publish(picture(2, true));
  EXPECT_EQ(drain(*after), 1);
}

TEST_F(StreamHubTest, ClosingEndsReadersThatWait) {
  const auto waiting = reader();
  bool ended = false;
  struct Wait {
    static asio::awaitable<void> run(std::shared_ptr<UnitReader> from, bool& done) {
      const auto unit = co_await from->queue.pop();
      done = !unit;
    }
  };
  base::spawn(context_.get_executor(), Wait::run(waiting, ended), "waiting reader");
  context_.poll();
  hub_->close();
  context_.restart();
  context_.run();
  EXPECT_TRUE(ended);
}

TEST_F(StreamHubTest, RelayedTimestampsFollowTheTimeAndAllReadersShareTheBytes) {
  const auto one = hub_->read_trains(context_.get_executor(), 1 << 20);
  const auto two = hub_->read_trains(context_.get_executor(), 1 << 20);
  hub_->publish(picture(0, true));
  hub_->publish(picture(25, false));
  const auto first = *one->try_next();
  EXPECT_EQ(first, *two->try_next());
  const auto second = *one->try_next();
  EXPECT_EQ(second->rtp_timestamp - first->rtp_timestamp, 90000U);
  ASSERT_TRUE(one->position(0));
  EXPECT_EQ(one->position(0)->ssrc, 7U);
}

}  // namespace
}  // namespace watchrig::media

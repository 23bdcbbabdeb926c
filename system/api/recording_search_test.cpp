#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/api/testing/routes_fixture.hpp"

namespace watchrig::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Two channels; storage answers every question with one record of the whole period, and keeps what it was
/// asked.
class RecordingSearchTest : public RoutesTest {
 protected:
  RecordingSearchTest() {
    add_recording_routes(router, parts);
    add_deck();
    EXPECT_TRUE(bus.serve(
        platform::storage_role, [this](const platform::Message& message) -> platform::MessageBus::Answer {
          if (const auto days = platform::from_message<platform::QueryNvrDays>(message)) {
            months.push_back(*days);
            return platform::to_body(platform::NvrDays{{days->bounds.front(), days->bounds.at(28)}});
          }
          const auto query = platform::from_message<platform::NvrPlaybackQuery>(message);
          if (!query) return query.error();
          asked.push_back(*query);
          return platform::to_body(
              platform::NvrRecordList{{{query->from, query->to, 25, 1000, {"regular", "motion"}}}, false});
        }));
  }
  /// The field that is refused, with the status.
  std::string refused(const std::string& query, const std::string& path = "/api/v1/recordings") {
    const auto answer = ask("GET", path + query);
    EXPECT_THAT(asked, IsEmpty());
    EXPECT_THAT(months, IsEmpty());
    return fmt::format("{} {}", answer.status, answer.text("/error/field"));
  }

  std::vector<platform::NvrPlaybackQuery> asked;
  std::vector<platform::QueryNvrDays> months;
  const std::string hour = "&from=2026-03-01T00:00:00Z&to=2026-03-01T01:00:00Z";
};

TEST_F(RecordingSearchTest, AsksForEachChannelOnceWithTheSameConditions) {
  const auto answer = ask("GET", "/api/v1/recordings?channels=c2,c1,c2&type=motion,input&stream=sub" + hour);
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[0].channel, "c2");
  EXPECT_EQ(asked[1].channel, "c1");
  for (const auto& query : asked) {
    EXPECT_EQ(query.stream, "sub");
    EXPECT_THAT(query.types, ElementsAre("motion", "input"));
    EXPECT_EQ(query.to - query.from, 1h);
  }
  EXPECT_EQ(answer.text("/recordings/0/name"), "Deck 2");
  EXPECT_EQ(answer.text("/recordings/1/channel"), "c1");
  EXPECT_EQ(answer.text("/recordings/1/spans/0/from"), "2026-03-01T00:00:00.000000000Z");
  EXPECT_EQ(answer.text("/recordings/1/spans/0/types/1"), "motion");
}

TEST_F(RecordingSearchTest, ADayIsThatOfTheServersZone) {
  ASSERT_TRUE(central->settings().change("time", {{"zone", "Europe/Berlin"}}));
  const auto answer = ask("GET", "/api/v1/recordings?channels=c1&day=2026-03-29");
  EXPECT_EQ(answer.text("/from"), "2026-03-28T23:00:00.000Z");
  EXPECT_EQ(answer.text("/to"), "2026-03-29T22:00:00.000Z") << "an hour is left out";
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].to - asked[0].from, 23h);
  EXPECT_THAT(asked[0].types, IsEmpty());
}

TEST_F(RecordingSearchTest, TypesOfOneChannelAreAskedForToo) {
  EXPECT_EQ(ask("GET", "/api/v1/channels/c1/spans?type=manual").text("/spans/0/types/0"), "regular");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_THAT(asked[0].types, ElementsAre("manual"));
}

TEST_F(RecordingSearchTest, AMonthHasTheDaysOfTheServersZone) {
  ASSERT_TRUE(central->settings().change("time", {{"zone", "Europe/Berlin"}}));
  const auto answer = ask("GET", "/api/v1/recordings/days?channels=c2&month=2026-03&type=manual&stream=sub");
  ASSERT_EQ(months.size(), 1U) << answer.body;
  const auto& query = months[0];
  EXPECT_EQ(query.channel, "c2");
  EXPECT_EQ(query.stream, "sub");
  EXPECT_THAT(query.types, ElementsAre("manual"));
  ASSERT_EQ(query.bounds.size(), 32U) << "the end of the last day is the last";
  EXPECT_EQ(query.bounds.front(), *base::parse_utc("2026-02-28T23:00:00Z"));
  EXPECT_EQ(query.bounds[29] - query.bounds[28], 23h);
  EXPECT_EQ(query.bounds.back(), *base::parse_utc("2026-03-31T22:00:00Z"));
  EXPECT_EQ(answer.text("/zone"), "Europe/Berlin");
  EXPECT_EQ(answer.text("/recordings/0/name"), "Deck 2");
  EXPECT_EQ(answer.text("/recordings/0/days/0"), "2026-03-01");
  EXPECT_EQ(answer.text("/recordings/0/days/1"), "2026-03-29");
  EXPECT_EQ(answer.text("/recordings/0/days/2"), "");
  ask("GET", "/api/v1/recordings/days?channels=c1&month=2028-02");
  EXPECT_EQ(months.at(1).bounds.size(), 30U) << "a leap year";
}

TEST_F(RecordingSearchTest, ADayThatAZoneLeftOutIsNone) {
  ASSERT_TRUE(central->settings().change("time", {{"zone", "Pacific/Apia"}}));
  EXPECT_EQ(refused("?channels=c1&day=2011-12-30"), "400 day");
  ask("GET", "/api/v1/recordings/days?channels=c1&month=2011-12");
  ASSERT_EQ(months.size(), 1U);
  EXPECT_EQ(months[0].bounds.size(), 31U);
}

TEST_F(RecordingSearchTest, EverybodyFindsWhatTheyMayPlay) {
  using central::Authority;
  auto& accounts = central->accounts();
  ASSERT_TRUE(accounts.add_group({"first", {{Authority::playback, central::Reach{{"c1", "c9"}, {}}}}}));
  ASSERT_TRUE(accounts.add_user({"ann", "first", {}}, password, password));
  account = "ann";
  EXPECT_EQ(ask("GET", "/api/v1/recordings?channels=c1" + hour).status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/recordings?channels=Deck%201,c1" + hour).status, 200);
  EXPECT_EQ(asked.size(), 2U) << "by its name it is the same channel";
  asked.clear();
  EXPECT_EQ(refused("?channels=c1,c2" + hour), "404 channels") << "what they do not see does not exist";
  EXPECT_EQ(refused("?channels=Deck%202" + hour), "404 channels");
  EXPECT_EQ(refused("?channels=c2&month=2026-03", "/api/v1/recordings/days"), "404 channels");
  // A grant may outlive its channel, and its id be given to another as a name.
  central::Device other;
  other.name = "c9";
  other.driver = "rtsp";
  other.streams = {{"main", "rtsp://192.0.2.2/x"}};
  ASSERT_TRUE(central->registry().add(other));
  EXPECT_EQ(refused("?channels=c9" + hour), "404 channels");
  ASSERT_TRUE(accounts.change_group("first", {{Authority::live, central::Reach{{"c2"}, {}}}}));
  EXPECT_EQ(refused("?channels=c2" + hour), "403 channels") << "seen, and not to be played";
}

TEST_F(RecordingSearchTest, WhatCannotBeLookedForIsRefusedWithItsField) {
  EXPECT_EQ(refused("?channels=c1"), "400 day");
  EXPECT_EQ(refused("?channels=c1&from=2026-03-01T00:00:00Z"), "400 to");
  EXPECT_EQ(refused("?channels=c1&from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00.001Z"), "400 to");
  EXPECT_EQ(refused("?channels=c1&stream=mian" + hour), "400 stream");
  EXPECT_EQ(refused("?x=y" + hour), "400 channels");
  EXPECT_EQ(refused("?channels=" + hour), "400 channels");
  EXPECT_EQ(refused("?channels=c1,c9" + hour), "404 channels");
  EXPECT_EQ(refused("?channels=c1&type=alarm" + hour), "400 type");
  EXPECT_EQ(refused("?channels=c1&type=" + hour), "400 type");
  EXPECT_EQ(refused("?type=regular,alarm", "/api/v1/channels/c1/spans"), "400 type");
  EXPECT_EQ(refused("?channels=c1&day=2026-02-30"), "400 day");
  EXPECT_EQ(refused("?channels=c1&day=today"), "400 day");
  EXPECT_EQ(refused("?channels=c1&day=2026-03-01" + hour), "400 day");
  const auto days = [&](const char* query) { return refused(query, "/api/v1/recordings/days"); };
  EXPECT_EQ(days("?channels=c1"), "400 month");
  EXPECT_EQ(days("?channels=c1&month=2026-13"), "400 month");
  EXPECT_EQ(days("?channels=c1&month=2026-03-01"), "400 month");
  EXPECT_EQ(days("?month=2026-03"), "400 channels");
  EXPECT_EQ(days("?channels=c9&month=2026-03"), "404 channels");
  EXPECT_EQ(days("?channels=c1&month=2026-03&type=x"), "400 type");
  std::string many = "c1";
  for (int i = 1; i < 65; ++i) many += ",c1";
  EXPECT_EQ(refused("?channels=" + many + hour), "400 channels");
  many.resize(many.size() - 3);
  EXPECT_EQ(ask("GET", "/api/v1/recordings?channels=" + many + hour).status, 200);
  EXPECT_EQ(asked.size(), 1U);
}

}  // namespace
}  // namespace watchrig::api

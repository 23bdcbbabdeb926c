#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/api/testing/routes_fixture.hpp"

namespace watchrig::api {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Two channels; storage keeps the locks that it is told of, and knows of nothing that is recorded before
/// March.
class RecordingLockTest : public RoutesTest {
 protected:
  RecordingLockTest() {
    add_recording_lock_routes(router, parts);
    add_deck();
    EXPECT_TRUE(bus.serve(platform::storage_role,
                          [this](const platform::Message& message) { return take(message); }));
  }
  platform::MessageBus::Answer take(const platform::Message& message) {
    if (const auto wanted = platform::from_message<platform::LockNvrRecord>(message)) {
      if (wanted->from < base::parse_utc("2026-03-01T00:00:00Z").value())
        return base::Error{base::ErrorKind::not_found, "nothing is recorded then"};
      locks.push_back({++last, wanted->channel, wanted->from, wanted->to, wanted->from, 1000, wanted->reason,
                       wanted->by, wanted->to});
      return platform::to_body(locks.back());
    }
    if (const auto query = platform::from_message<platform::QueryNvrLocks>(message)) {
      platform::NvrLocks found;
      for (const auto& lock : locks)
        if (lock.id > query->behind && std::ssize(found.locks) < query->most) found.locks.push_back(lock);
      return platform::to_body(found);
    }
    const auto removed = platform::from_message<platform::UnlockNvrRecord>(message);
    if (!removed) return removed.error();
    const auto found = std::ranges::find(locks, removed->id, &platform::NvrLock::id);
    const auto lock = *found;
    locks.erase(found);
    return platform::to_body(lock);
  }
  Answer lock(const std::string& channel, const std::string& from = "2026-03-01T00:00:00Z",
              const std::string& reason = "theft") {
    return ask("POST", fmt::format("/api/v1/channels/{}/recording-locks", channel),
               fmt::format(R"({{"from":"{}","to":"2026-03-01T01:00:00Z","reason":"{}"}})", from, reason));
  }
  std::string refused(const std::string& body) {
    const auto answer = ask("POST", "/api/v1/channels/c1/recording-locks", body);
    EXPECT_THAT(locks, IsEmpty());
    return fmt::format("{} {}", answer.status, answer.text("/error/field"));
  }

  std::vector<platform::NvrLock> locks;
  std::int64_t last = 0;
};

TEST_F(RecordingLockTest, WhatIsLockedIsListedUntilItIsUnlockedAndBothAreLogged) {
  const auto made = lock("c1");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text("/id"), "l1");
  EXPECT_EQ(made.text("/by"), account);
  ASSERT_EQ(lock("c2").status, 201);
  EXPECT_EQ(ask("GET", "/api/v1/recording-locks").text("/locks/1/channel"), "c2");
  EXPECT_EQ(ask("GET", "/api/v1/recording-locks?offset=1&limit=1").body.at("total"), 2);
  EXPECT_EQ(ask("GET", "/api/v1/recording-locks?channel=c2").text("/locks/0/id"), "l2");
  EXPECT_EQ(ask("DELETE", "/api/v1/recording-locks/l1").status, 204);
  EXPECT_EQ(ask("DELETE", "/api/v1/recording-locks/l1").status, 404);
  for (const auto* odd : {"1", "l", "l-1", "lx", "l99999999999999999999"})
    EXPECT_EQ(ask("DELETE", std::string("/api/v1/recording-locks/") + odd).status, 404) << odd;
  ASSERT_EQ(locks.size(), 1U);
  const auto told = central->events().since(0, 100);
  std::string types;
  for (const auto& event : told) types += event.type + " ";
  EXPECT_THAT(types, HasSubstr("recording.locked recording.locked recording.unlocked"));
}

TEST_F(RecordingLockTest, WhatIsNotSaidRightIsRefusedWithItsField) {
  EXPECT_EQ(refused(R"({"to":"2026-03-01T01:00:00Z","reason":"x"})"), "400 from");
  EXPECT_EQ(refused(R"({"from":"yesterday","to":"2026-03-01T01:00:00Z","reason":"x"})"), "400 from");
  EXPECT_EQ(refused(R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-01T01:00:00Z"})"), "400 reason");
  EXPECT_EQ(refused(R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-01T01:00:00Z","reason":""})"),
            "400 reason");
  EXPECT_EQ(refused(R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-01T01:00:00Z","reason":"x","till":1})"),
            "400 till");
  EXPECT_EQ(lock("c1", "2026-03-01T00:00:00Z", std::string(256, 'x')).status, 400);
  EXPECT_EQ(lock("c1", "2026-02-28T00:00:00Z").status, 404) << "storage says so";
  EXPECT_THAT(locks, IsEmpty());
  EXPECT_EQ(lock("c1", "2026-03-01T00:00:00Z", std::string(255, 'x')).status, 201);
}

TEST_F(RecordingLockTest, EverybodySeesLocksOfWhatTheyMayPlayAndRemovesThoseOfWhatTheyMayRecord) {
  using central::Authority;
  ASSERT_EQ(lock("c1").status, 201);
  ASSERT_EQ(lock("c2").status, 201);
  locks.push_back({9, "", {}, {}, {}, 0, "the list of locks was damaged", "", {}});
  auto& accounts = central->accounts();
  const central::Reach first{{"c1"}, {}}, second{{"c2"}, {}};
  ASSERT_TRUE(accounts.add_group({"some", {{Authority::playback, first}, {Authority::record, second}}}));
  ASSERT_TRUE(accounts.add_user({"ann", "some", {}}, password, password));
  EXPECT_EQ(ask("GET", "/api/v1/recording-locks").body.at("total"), 3);
  account = "ann";
  const auto seen = ask("GET", "/api/v1/recording-locks");
  EXPECT_EQ(seen.body.at("total"), 1);
  EXPECT_EQ(seen.text("/locks/0/id"), "l1");
  EXPECT_EQ(ask("DELETE", "/api/v1/recording-locks/l1").status, 403);
  EXPECT_EQ(ask("DELETE", "/api/v1/recording-locks/l2").status, 204);
  EXPECT_EQ(ask("DELETE", "/api/v1/recording-locks/l9").status, 404) << "is not told of";
  EXPECT_EQ(locks.size(), 2U);
}

}  // namespace
}  // namespace watchrig::api

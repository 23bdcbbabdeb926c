#include "system/storage/storage_role.hpp"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/platform/in_process_bus.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using platform::from_answer;
using platform::Message;

/// The role beside a central that is spoken to by the bus alone; its devices never answer.
class StorageRoleTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = StorageRole::open(volume.options, make_parts(bus));
    ASSERT_TRUE(opened) << opened.error().message;
    role = std::move(*opened);
  }
  StorageRole::Parts make_parts(platform::MessageBus& on) {
    return {volume.clock,
            volume.metrics,
            on,
            [this] { return io.get_executor(); },
            {[this](const std::string& id) {
               dialled.push_back(id);
               return std::shared_ptr<base::Dialer>();
             },
             [](const std::string&) { return base::TlsTrust(); }},
            std::make_shared<devices::AttemptPace>(volume.clock, [] { return 100.0; }),
            [this](const Message& message) { undelivered.push_back(message.name); }};
  }
  void TearDown() override {
    bus.stop();
    role->channels().stop();
    io.poll();
    role->stop();
  }
  template <class Body>
  base::Result<boost::json::object> ask(const Body& body) {
    return bus.ask(asked(body), 30s);
  }
  template <class Body>
  static Message asked(const Body& body) {
    return platform::to_message(platform::central_role, platform::storage_role, body);
  }
  static platform::LinkNvrPu link() {
    platform::LinkNvrPu link{"d1", false, false, "tcp", "adaptive", "eye", "secret", {}};
    for (const char* id : {"c1", "c2"})
      link.channels.push_back({id, std::string("Gate ") + id, 1, "", {}, {{"main", "rtsp://127.0.0.1:1/x"}}});
    link.channels[1].recorded = "main";
    return link;
  }
  platform::NvrChannelList reports(std::vector<std::string> ids) {
    const platform::QueryNvrChannels query{std::move(ids)};
    const auto answer = ask(query);
    EXPECT_TRUE(answer) << answer.error().message;
    const auto list = from_answer<platform::NvrChannelList>(asked(query), *answer);
    EXPECT_TRUE(list) << list.error().message;
    return *list;
  }

  TestVolume volume;
  boost::asio::io_context io;
  platform::MessageTrace trace;
  std::vector<std::string> dialled;
  std::vector<std::string> undelivered;
  platform::InProcessBus bus{volume.clock, trace};
  std::unique_ptr<StorageRole> role;
};

TEST_F(StorageRoleTest, RelaysWhatItIsLinkedWithAsTheMessageSaysAndTellsHowItIs) {
  const auto linked = ask(link());
  ASSERT_TRUE(linked) << linked.error().message;
  EXPECT_EQ(linked->at("channels"), 2);
  EXPECT_EQ(dialled, (std::vector<std::string>{"d1", "d1"}));
  io.poll();
  const auto list = reports({"c2", "c1", "c9"});
  ASSERT_EQ(list.channels.size(), 2U);
  EXPECT_EQ(list.channels[0].channel, "c2");
  EXPECT_EQ(list.channels[0].recorded, "main");
  EXPECT_EQ(list.channels[1].recording, "stopped");
  ASSERT_EQ(list.channels[1].streams.size(), 1U);
  EXPECT_EQ(list.channels[1].streams[0].name, "main");
  EXPECT_EQ(list.channels[1].streams[0].codec, std::nullopt) << "it was never connected";
  EXPECT_NE(role->channels().find_stream("c1", "main"), nullptr);
  EXPECT_EQ(role->channels().find_stream("c1", "sub"), nullptr);
  EXPECT_EQ(role->channels().find_stream("Gate c1", "main"), nullptr) << "names are for find_relayed()";
  EXPECT_EQ(role->channels().find_relayed("Gate c1"), "c1");
  EXPECT_NE(volume.metrics.text().find("watchrig_channel_should_record{channel=\"c2\""), std::string::npos);
}

TEST_F(StorageRoleTest, PlansAndTheirEndsArriveByTheBus) {
  ASSERT_TRUE(ask(link()));
  ASSERT_TRUE(ask(platform::SetNvrRecordStrategy{"c1", "main", {"regular"}}));
  ASSERT_TRUE(ask(platform::SetNvrRecordStrategy{"c2", "", {}}));
  EXPECT_EQ(ask(platform::SetNvrRecordStrategy{"c9", "main", {}})->at("running"), false);
  io.poll();
  const auto list = reports({"c1", "c2"});
  EXPECT_EQ(list.channels[0].recorded, "main");
  EXPECT_EQ(list.channels[0].recording, "waiting");
  EXPECT_EQ(list.channels[1].recorded, "");
  ASSERT_TRUE(ask(platform::UnlinkNvrPu{"d1", {"c1", "c9"}}));
  EXPECT_EQ(reports({"c1", "c2"}).channels.size(), 1U);
  EXPECT_EQ(ask(platform::PlayRequest{"c1", "main"}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(ask(platform::PlayRequest{"c2", "main"})->at("path"), "/live/c2/main");
}

TEST_F(StorageRoleTest, ALinkOfWhatIsRelayedAlreadySaysWhatIsRecordedToo) {
  ASSERT_TRUE(ask(link()));
  io.poll();
  auto again = link();
  again.channels[0].recorded = "main";
  again.channels[1].recorded = "";
  ASSERT_TRUE(ask(again));
  io.poll();
  const auto list = reports({"c1", "c2"});
  EXPECT_EQ(list.channels[0].recorded, "main");
  EXPECT_EQ(list.channels[1].recorded, "");
}

TEST_F(StorageRoleTest, WordsThatItDoesNotKnowAreRefusedWithTheDevice) {
  for (const auto word : {&platform::LinkNvrPu::transport, &platform::LinkNvrPu::cache_strategy}) {
    auto odd = link();
    odd.*word = "pigeon";
    const auto refused = ask(odd);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_NE(refused.error().message.find("d1"), std::string::npos) << refused.error().message;
  }
  EXPECT_TRUE(reports({"c1", "c2"}).channels.empty());
  auto odd = link();
  odd.channels[0].types = {"alarm"};
  EXPECT_EQ(ask(odd).error().kind, ErrorKind::invalid);
  EXPECT_TRUE(reports({"c1", "c2"}).channels.empty());
  ASSERT_TRUE(ask(link()));
  EXPECT_EQ(ask(odd).error().kind, ErrorKind::invalid) << "also while it is relayed";
  EXPECT_EQ(ask(platform::SetNvrRecordStrategy{"c1", "main", {"alarm"}}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(ask(platform::NvrPlaybackQuery{"c1", "main", {}, {}, 1, {"alarm"}}).error().kind,
            ErrorKind::invalid);
  EXPECT_EQ(bus.ask({"sing", "central", "storage", {}, {}, 0, {}}, 30s).error().kind, ErrorKind::unsupported);
}

TEST_F(StorageRoleTest, LocksAndLimitsArriveByTheBus) {
  const auto recorder = role->storage().record("c1", "main", video_tracks());
  ASSERT_TRUE(recorder);
  for (const auto& unit : make_video(0ms, 100, 20000)) (*recorder)->push(unit);
  ASSERT_TRUE(role->storage().flush());
  volume.clock.advance(24h);
  const platform::LockNvrRecord wanted{"c1", test_start + 1s, test_start + 2s, "theft", "admin"};
  const auto locked = from_answer<platform::NvrLock>(asked(wanted), *ask(wanted));
  ASSERT_TRUE(locked) << locked.error().message;
  EXPECT_EQ(locked->reason, "theft");
  EXPECT_EQ(locked->by, "admin");
  EXPECT_GT(locked->bytes, 400'000);
  EXPECT_EQ(ask(platform::LockNvrRecord{"c2", test_start, test_start + 1s, "", ""}).error().kind,
            ErrorKind::not_found);
  const platform::QueryNvrLocks all{0, 10};
  EXPECT_EQ(from_answer<platform::NvrLocks>(asked(all), *ask(all))->locks.size(), 1U);
  const platform::QueryNvrLocks behind{locked->id, 10};
  EXPECT_TRUE(from_answer<platform::NvrLocks>(asked(behind), *ask(behind))->locks.empty());

  EXPECT_EQ(ask(platform::SetNvrRetention{{{"c1", -1, 0}}}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(ask(platform::SetNvrRetention{{{"c1", 0, -1}}}).error().kind, ErrorKind::invalid);
  ASSERT_TRUE(ask(platform::SetNvrRetention{{{"c1", 1, 0}}}));
  volume.clock.advance(10s);
  // It believes the clock in an hour.
  for (int turn = 0; turn < 2; ++turn) ASSERT_TRUE(role->storage().flush());
  const auto look = [&] {
    volume.clock.advance(1h);
    for (int turn = 0; turn < 2; ++turn) EXPECT_TRUE(role->storage().flush());
    return *role->storage().spans("c1", "main", test_start, test_start + 24h);
  };
  auto spans = look();
  ASSERT_FALSE(spans.empty());
  EXPECT_EQ(spans.front().from, test_start + 1s) << "but the lock";
  ASSERT_TRUE(ask(platform::UnlockNvrRecord{locked->id}));
  EXPECT_EQ(ask(platform::UnlockNvrRecord{locked->id}).error().kind, ErrorKind::not_found);
  spans = look();
  EXPECT_TRUE(spans.empty() || spans.front().from >= test_start + 2s);
}

TEST_F(StorageRoleTest, WhereTheListOfLocksWasDamagedTheLockOnEverythingIsListedAndRemoved) {
  TearDown();
  role.reset();
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(volume.path() / (std::string("locks.sqlite") + suffix));
  write_bytes(volume.path() / "locks.sqlite", base::Bytes(10000, 'x'));
  platform::InProcessBus other{volume.clock, trace};
  auto opened = StorageRole::open(volume.options, make_parts(other));
  ASSERT_TRUE(opened) << opened.error().message;
  const platform::QueryNvrLocks all{0, 10};
  const auto listed = from_answer<platform::NvrLocks>(asked(all), *other.ask(asked(all), 30s));
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(listed->locks.size(), 1U);
  EXPECT_EQ(listed->locks[0].channel, "");
  const platform::UnlockNvrRecord remove{listed->locks[0].id};
  EXPECT_TRUE(from_answer<platform::NvrLock>(asked(remove), *other.ask(asked(remove), 30s)));
  other.stop();
  (*opened)->channels().stop();
  (*opened)->stop();
  role = std::move(*opened);
}

TEST_F(StorageRoleTest, MeasuresWhatDevicesSendBesideItsOrders) {
  ASSERT_TRUE(ask(link()));
  const auto measured = bus.ask_later(asked(platform::QueryNvrBandwidth{}));
  EXPECT_TRUE(ask(platform::KeepAlive{}));
  EXPECT_EQ(measured.wait_for(0s), std::future_status::timeout)
      << "it measures for a second, and others do not wait";
  auto coming = bus.ask_later(asked(platform::QueryNvrBandwidth{}));
  const auto told = from_answer<platform::NvrBandwidth>(asked(platform::QueryNvrBandwidth{}), *coming.get());
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->channels, 2);
  EXPECT_EQ(told->delivering, 0);
  EXPECT_EQ(told->bits_per_second, 0);
  measured.wait();
}

TEST_F(StorageRoleTest, WhatTheBusDoesNotTakeGoesAnotherWay) {
  ASSERT_TRUE(ask(link()));
  ASSERT_TRUE(ask(platform::UnlinkNvrPu{"d1", {"c1"}}));
  EXPECT_EQ(undelivered, std::vector<std::string>{"channel_state"}) << "nobody serves the role central";
}

}  // namespace
}  // namespace watchrig::storage

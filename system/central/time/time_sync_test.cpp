#include "system/central/time/time_sync.hpp"

#include <condition_variable>
#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "system/central/time/testing/fake_ntp_server.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::FakeNtpServer;
using ::testing::HasSubstr;

/// Ten minutes a second, so that the shortest interval is a tenth of one.
base::Clock::Settings fast() { return base::Clock::parse("scale=600").value(); }

class TimeSyncTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
    vault =
        std::make_unique<platform::SecretVault>(platform::SecretVault::open(folder / "secrets.key").value());
    settings = Settings::open(folder / "settings.db", *vault).value();
    events = EventLog::open(folder / "events.db", clock).value();
    listening = events->listen([this](const Event& event) {
      const std::lock_guard lock(mutex);
      told.push_back(event);
      changed.notify_all();
    });
    sync.emplace(TimeSync::Parts{clock, server_clock, *settings, *events}, io.get_executor(),
                 NtpManner{4, base::Duration{}, 2s});
    thread = std::thread([this] { io.run(); });
    boost::asio::post(io, boost::asio::use_future([] {})).get();  // it has begun with what was set
  }
  void TearDown() override {
    sync.reset();
    io.stop();
    thread.join();
    fs::remove_all(folder);
  }

  void follow(const FakeNtpServer& fake) {
    ASSERT_TRUE(settings->change("ntp", {{"enabled", true},
                                         {"server", "127.0.0.1"},
                                         {"port", std::int64_t{fake.address().port()}},
                                         {"interval", 1}}));
  }
  /// The count-th event of that type.
  Event await(const std::string& type, std::ptrdiff_t count = 1) {
    std::unique_lock lock(mutex);
    const auto is = [&](const Event& event) { return event.type == type; };
    const bool came = changed.wait_for(lock, 20s, [&] { return std::ranges::count_if(told, is) >= count; });
    EXPECT_TRUE(came) << type << ": " << boost::json::serialize(sync->status());
    return came ? *std::find_if(told.rbegin(), told.rend(), is) : Event{};
  }
  std::ptrdiff_t how_many(const std::string& type) {
    const std::lock_guard lock(mutex);
    return std::ranges::count_if(told, [&](const Event& event) { return event.type == type; });
  }
  std::string state() const { return std::string(sync->status().at("state").as_string()); }
  FieldResult<void> synchronise() {
    return boost::asio::co_spawn(io, sync->synchronise(), boost::asio::use_future).get();
  }
  base::Duration off(base::Duration wanted) const {
    return std::chrono::abs(clock.now() - real.now() - wanted);
  }

  const fs::path folder = fs::path(::testing::TempDir()) / "time_sync_test";
  const base::Clock::Settings settings_of_clock = fast();
  const base::Clock real{settings_of_clock};
  base::CorrectedClock clock{settings_of_clock};
  ServerClock server_clock{clock, folder / "clock_offset"};
  std::unique_ptr<platform::SecretVault> vault;
  std::unique_ptr<Settings> settings;
  std::unique_ptr<EventLog> events;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Event> told;
  std::shared_ptr<void> listening;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::optional<TimeSync> sync;
  std::thread thread;
};

constexpr base::Duration near = 20s;  // of the fast clock: 33 ms of real time

TEST_F(TimeSyncTest, the_clock_follows_the_server_within_the_interval) {
  std::atomic<base::Duration> ahead = base::Duration(10min);
  FakeNtpServer fake(
      [&](auto request, unsigned) { return FakeNtpServer::answer(request, real.now() + ahead.load()); });
  EXPECT_EQ(state(), "off");
  follow(fake);
  EXPECT_THAT(await("time.synchronised").message, HasSubstr("127.0.0.1"));
  EXPECT_LT(off(10min), near);
  ahead = base::Duration(20min);
  await("time.synchronised", 2);
  EXPECT_LT(off(20min), near);
  EXPECT_EQ(state(), "synchronised");
  EXPECT_EQ(sync->status().at("stratum").to_number<unsigned>(), 2U);
  EXPECT_LT(std::chrono::abs(ServerClock::remembered(folder / "clock_offset")->offset - 20min), near);
}

TEST_F(TimeSyncTest, a_great_step_is_believed_at_first_and_by_hand_only) {
  std::atomic<base::Duration> ahead = base::Duration(48h);
  FakeNtpServer fake(
      [&](auto request, unsigned) { return FakeNtpServer::answer(request, real.now() + ahead.load()); });
  follow(fake);
  await("time.synchronised");
  EXPECT_LT(off(48h), near);
  ahead = base::Duration(49h);
  EXPECT_THAT(await("time.not-synchronised").message, HasSubstr("not believed"));
  EXPECT_LT(off(48h), near);
  bool asked = false;
  for (unsigned i = 0; i < 1000 && !asked; ++i) asked = synchronise().has_value();  // not while it is asking
  ASSERT_TRUE(asked);
  await("time.synchronised", 2);
  EXPECT_LT(off(49h), near);
}

TEST_F(TimeSyncTest, a_time_that_has_been_is_never_taken_again) {
  FakeNtpServer fake([&](auto request, unsigned) { return FakeNtpServer::answer(request, real.now() - 2h); });
  follow(fake);
  EXPECT_THAT(await("time.not-synchronised").message, HasSubstr("more than an hour"));
  EXPECT_LT(off(0s), near);
  EXPECT_EQ(state(), "failed");
}

TEST_F(TimeSyncTest, a_failure_is_told_once_and_its_end_too) {
  constexpr unsigned until_good = 8;
  FakeNtpServer fake([&](auto request, unsigned count) {
    auto bytes = FakeNtpServer::answer(request, real.now());
    if (count <= until_good) bytes[0] |= 3U << 6U;
    return bytes;
  });
  follow(fake);
  await("time.synchronised");
  EXPECT_EQ(how_many("time.not-synchronised"), 1);
  EXPECT_GT(fake.asked(), until_good);
}

TEST_F(TimeSyncTest, who_is_refused_stops_until_the_settings_change) {
  std::atomic<bool> refuses = true;
  FakeNtpServer fake([&](auto request, unsigned) {
    auto bytes = FakeNtpServer::answer(request, real.now(), refuses ? 0 : 2);
    std::copy_n("DENY", 4, bytes.begin() + 12);
    return bytes;
  });
  follow(fake);
  await("time.not-synchronised");
  EXPECT_EQ(state(), "refused");
  EXPECT_FALSE(sync->status().contains("next"));
  EXPECT_EQ(fake.asked(), 1U);
  refuses = false;
  follow(fake);
  await("time.synchronised");
}

TEST_F(TimeSyncTest, without_a_server_there_is_nothing_to_ask) {
  EXPECT_EQ(synchronise().error().field, "server");
  EXPECT_EQ(settings->change("ntp", {{"enabled", true}}).error().field, "server");
  EXPECT_EQ(settings->change("ntp", {{"server", "-x; reboot"}}).error().field, "server");
  EXPECT_EQ(settings->change("ntp", {{"interval", 0}}).error().field, "interval");
  EXPECT_EQ(settings->change("ntp", {{"interval", 10081}}).error().field, "interval");
  EXPECT_TRUE(settings->change("ntp", {{"interval", 10080}}));
}

TEST(ServerClockTest, ADamagedMemoryIsNamedAndNotTakenForNone) {
  const std::filesystem::path file = ::testing::TempDir() + "server_clock_test";
  std::filesystem::remove(file);
  EXPECT_EQ(ServerClock::remembered(file)->offset, base::Duration{});
  for (const char* text : {"", "x", "1 2", "1 -2 3", "9223372036854775807 0 0", "1 2 -3"}) {
    std::ofstream(file) << text;
    const auto read = ServerClock::remembered(file);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, base::ErrorKind::corrupt) << text;
    EXPECT_NE(read.error().message.find(file.string()), std::string::npos) << read.error().message;
  }
  std::ofstream(file) << "1000 0 5\n";
  EXPECT_EQ(ServerClock::remembered(file)->offset, base::Duration(1000));
}

}  // namespace
}  // namespace watchrig::central

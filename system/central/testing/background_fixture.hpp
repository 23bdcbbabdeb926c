#pragma once

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "system/central/event_log.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::central::testing {

/// For parts that work in the background by their settings and tell of it by events: a folder with both, on a
/// clock that makes ten minutes a second, and a thread for the part.
class BackgroundFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    vault = std::make_unique<platform::SecretVault>(*platform::SecretVault::open(folder / "secrets.key"));
    settings = *Settings::open(folder / "settings.db", *vault);
    events = *EventLog::open(folder / "events.db", clock);
    listening = events->listen([this](const Event& event) {
      const std::lock_guard lock(mutex);
      told.push_back(event);
      changed.notify_all();
    });
  }
  /// Once the part is there: it has begun with what was set when this returns.
  void run() {
    thread = std::thread([this] { io.run(); });
    boost::asio::post(io, boost::asio::use_future([] {})).get();
  }
  /// Once the part is gone.
  void end() {
    io.stop();
    thread.join();
    std::filesystem::remove_all(folder);
  }

  /// The count-th event of that type.
  Event await(const std::string& type, std::ptrdiff_t count = 1) {
    std::unique_lock lock(mutex);
    const auto is = [&](const Event& event) { return event.type == type; };
    const bool came = changed.wait_for(lock, std::chrono::seconds(20),
                                       [&] { return std::ranges::count_if(told, is) >= count; });
    EXPECT_TRUE(came) << type;
    return came ? *std::find_if(told.rbegin(), told.rend(), is) : Event{};
  }
  std::ptrdiff_t how_many(const std::string& type) {
    const std::lock_guard lock(mutex);
    return std::ranges::count_if(told, [&](const Event& event) { return event.type == type; });
  }

  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
  const base::Clock clock{*base::Clock::parse("scale=600")};
  std::unique_ptr<platform::SecretVault> vault;
  std::unique_ptr<Settings> settings;
  std::unique_ptr<EventLog> events;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Event> told;
  std::shared_ptr<void> listening;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;
};

}  // namespace watchrig::central::testing

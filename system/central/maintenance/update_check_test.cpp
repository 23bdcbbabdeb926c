#include "system/central/maintenance/update_check.hpp"

#include <thread>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "system/platform/testing/fake_web_server.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using platform::testing::FakeWebServer;

/// Ten minutes a second, so that the shortest period is a tenth of one.
base::Clock::Settings fast() { return base::Clock::parse("scale=600").value(); }

class UpdateCheckTest : public ::testing::Test {
 protected:
  UpdateCheckTest() : folder_(fs::path(::testing::TempDir()) / ("updates." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    vault_ = std::make_unique<platform::SecretVault>(*platform::SecretVault::open(folder_ / "secrets.key"));
    settings_ = *Settings::open(folder_ / "settings.db", *vault_);
    events_ = *EventLog::open(folder_ / "events.db", clock_);
    authorities_ = *TrustedAuthorities::open(folder_ / "trusted.db", clock_);
    updates_.emplace(UpdateCheck::Parts{clock_, *settings_, *authorities_, *events_, {1, 0, 0}},
                     io_.get_executor(), 1s);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~UpdateCheckTest() override {
    updates_.reset();
    io_.stop();
    thread_.join();
    fs::remove_all(folder_);
  }

  void follow(const FakeWebServer& feed) {
    ASSERT_TRUE(settings_->change("updates", {{"enabled", true}, {"address", feed.url()}, {"period", 1}}));
  }
  std::string state() const { return std::string(updates_->status().at("state").as_string()); }
  void await(const std::string& wanted) const {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (state() != wanted && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(state(), wanted) << boost::json::serialize(updates_->status());
  }
  std::size_t told() const { return events_->since(0, 100).size(); }

  const fs::path folder_;
  const base::Clock clock_{fast()};
  std::unique_ptr<platform::SecretVault> vault_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<TrustedAuthorities> authorities_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::optional<UpdateCheck> updates_;
  std::thread thread_;
};

TEST_F(UpdateCheckTest, a_newer_version_is_told_once_each_and_shown_while_it_is_announced) {
  const FakeWebServer feed([](const std::string&, unsigned count) {
    const auto* version = count < 4 ? "1.0.1" : count < 6 ? "1.1.0" : "1.0.0";
    return FakeWebServer::page(std::string(R"({"server":{"version":")") + version +
                               R"("},"client":{"version":"3.0.0"}})");
  });
  EXPECT_EQ(state(), "off");
  follow(feed);
  await("newer");
  EXPECT_TRUE(updates_->status().at("server").at("newer").as_bool());
  await("newest");
  EXPECT_EQ(updates_->status().at("client").at("version"), "3.0.0");
  EXPECT_EQ(told(), 2U);
  ASSERT_TRUE(settings_->change("updates", {{"enabled", false}}));
  await("off");
  EXPECT_FALSE(updates_->status().contains("server"));
}

TEST_F(UpdateCheckTest, a_feed_that_lies_hangs_or_is_huge_does_no_harm) {
  for (const auto& answer :
       {std::string(), FakeWebServer::page("no JSON"), FakeWebServer::page("{}", "500 Internal Server Error"),
        FakeWebServer::page(std::string(1 << 20, ' ')), std::string("SSH-2.0-x\r\n\r\n")}) {
    const FakeWebServer feed([&](const std::string&, unsigned) { return answer; });
    ASSERT_TRUE(settings_->change("updates", {{"enabled", false}}));
    await("off");
    follow(feed);
    await("failed");
    EXPECT_FALSE(updates_->status().at("reason").as_string().empty());
  }
  EXPECT_EQ(told(), 0U);
}

TEST_F(UpdateCheckTest, settings_at_their_limits) {
  const auto wrong = [&](const boost::json::object& values) {
    const auto changed = settings_->change("updates", values);
    return changed ? "" : changed.error().field;
  };
  EXPECT_EQ(wrong({{"enabled", true}}), "address");
  EXPECT_EQ(wrong({{"address", "ftp://example.org/x"}}), "address");
  EXPECT_EQ(wrong({{"address", "https://user:pass@example.org/x"}}), "address");
  EXPECT_EQ(wrong({{"period", 0}}), "period");
  EXPECT_EQ(wrong({{"period", 43201}}), "period");
  EXPECT_EQ(wrong({{"period", 43200}}), "");
}

}  // namespace
}  // namespace watchrig::central

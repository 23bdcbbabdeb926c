#include "system/central/ddns/ddns_update.hpp"

#include <gmock/gmock.h>

#include "system/central/testing/background_fixture.hpp"
#include "system/platform/testing/fake_web_server.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using platform::testing::FakeWebServer;
using ::testing::HasSubstr;

class DdnsUpdateTest : public testing::BackgroundFixture {
 protected:
  void SetUp() override {
    BackgroundFixture::SetUp();
    authorities = *TrustedAuthorities::open(folder / "trusted.db", clock);
    ddns.emplace(DdnsUpdate::Parts{clock, *settings, *authorities, *events}, io.get_executor(), 2s);
    run();
  }
  void TearDown() override {
    ddns.reset();
    end();
  }

  void follow(const FakeWebServer& fake, boost::json::object more = {}) {
    more.insert({{"enabled", true},
                 {"server", "127.0.0.1"},
                 {"port", std::int64_t{fake.port()}},
                 {"encryption", false},
                 {"domain", "gate.example.org"},
                 {"username", "vms"},
                 {"password", "Name.Pass-26"}});
    more.insert({{"period", 1}});
    ASSERT_TRUE(settings->change("ddns", more));
  }
  using BackgroundFixture::await;
  /// Until the service was asked so often.
  static void await(const FakeWebServer& fake, unsigned count) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (fake.asked() < count && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_GE(fake.asked(), count);
  }
  std::string shown(const char* name) const {
    const auto status = ddns->status();
    return status.contains(name) ? std::string(status.at(name).as_string()) : std::string();
  }
  base::Duration until_next() const {
    return *base::parse_utc(shown("next")) - *base::parse_utc(shown("last_attempt"));
  }

  std::unique_ptr<TrustedAuthorities> authorities;
  std::optional<DdnsUpdate> ddns;
};

TEST_F(DdnsUpdateTest, the_service_is_told_each_period) {
  std::string asked;
  FakeWebServer fake([&](const auto& request, unsigned count) {
    if (count == 1) asked = request;
    return FakeWebServer::page(count == 1 ? "good 203.0.113.7" : "nochg 203.0.113.7");
  });
  EXPECT_EQ(shown("state"), "off");
  follow(fake);
  EXPECT_THAT(await("ddns.updated").message, HasSubstr("gate.example.org leads to 203.0.113.7"));
  EXPECT_THAT(asked, HasSubstr("GET /nic/update?hostname=gate.example.org HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("Authorization: Basic dm1zOk5hbWUuUGFzcy0yNg==\r\n"));
  EXPECT_THAT(asked, HasSubstr("User-Agent: Watchrig\r\n"));
  await(fake, 4);
  EXPECT_EQ(how_many("ddns.updated"), 1) << "what stays the same is no news";
  EXPECT_EQ(shown("wan_address"), "203.0.113.7");
  EXPECT_EQ(shown("state"), "updated");
}

TEST_F(DdnsUpdateTest, another_address_on_the_page_is_told_before_the_period_is_over) {
  std::atomic<bool> moved = false;
  std::mutex guard;
  std::vector<std::string> updates;
  FakeWebServer fake([&](const std::string& request, unsigned) {
    if (request.starts_with("GET /ip"))
      return FakeWebServer::page(moved ? "<b>203.0.113.9</b>" : "<b>203.0.113.7</b>");
    const std::lock_guard lock(guard);
    updates.push_back(request.substr(0, request.find(" HTTP")));
    return FakeWebServer::page("good " + updates.back().substr(updates.back().rfind('=') + 1));
  });
  follow(fake, {{"period", 43200}, {"address_source", fake.url() + "/ip"}, {"address_period", 1}});
  await("ddns.updated");
  await(fake, 5);
  moved = true;
  EXPECT_THAT(await("ddns.updated", 2).message, HasSubstr("203.0.113.9"));
  await(fake, fake.asked() + 3);
  const std::lock_guard lock(guard);
  EXPECT_THAT(updates, ::testing::ElementsAre("GET /nic/update?hostname=gate.example.org&myip=203.0.113.7",
                                              "GET /nic/update?hostname=gate.example.org&myip=203.0.113.9"));
}

TEST_F(DdnsUpdateTest, who_is_refused_stops_until_the_settings_change) {
  std::atomic<bool> refuses = true;
  FakeWebServer fake(
      [&](const auto&, unsigned) { return FakeWebServer::page(refuses ? "abuse" : "good 203.0.113.7"); });
  follow(fake);
  EXPECT_EQ(await("ddns.failed").cause, "abuse");
  EXPECT_EQ(shown("state"), "refused");
  EXPECT_EQ(shown("next"), "");
  EXPECT_EQ(fake.asked(), 1U);
  refuses = false;
  ASSERT_TRUE(settings->change("ddns", {{"period", 2}}));
  await("ddns.updated");
  EXPECT_EQ(shown("reason"), "");
}

TEST_F(DdnsUpdateTest, a_service_with_trouble_is_left_alone_for_half_an_hour) {
  FakeWebServer fake(
      [](const auto&, unsigned count) { return FakeWebServer::page(count == 1 ? "911" : "dnserr"); });
  follow(fake);
  EXPECT_EQ(await("ddns.failed").cause, "911");
  EXPECT_GE(until_next(), 30min);
  EXPECT_EQ(await("ddns.failed", 2).cause, "dnserr");
}

TEST_F(DdnsUpdateTest, a_failure_is_told_once_and_waited_for_longer_each_time) {
  constexpr unsigned until_good = 4;
  FakeWebServer fake([](const auto&, unsigned count) {
    return FakeWebServer::page(count <= until_good ? std::string(5000, 'x') : "good 203.0.113.7");
  });
  follow(fake, {{"period", 5}});
  EXPECT_THAT(await("ddns.failed").message, HasSubstr("too long"));
  await("ddns.updated");
  EXPECT_EQ(how_many("ddns.failed"), 1);
  EXPECT_EQ(fake.asked(), until_good + 1);
}

TEST_F(DdnsUpdateTest, a_silent_service_holds_up_neither_settings_nor_end) {
  FakeWebServer silent([](const auto&, unsigned) { return std::string(); });
  FakeWebServer good([](const auto&, unsigned) { return FakeWebServer::page("good 203.0.113.7"); });
  follow(silent);
  await(silent, 1);
  follow(good);
  await("ddns.updated");
  EXPECT_EQ(how_many("ddns.failed"), 0) << "what was asked by other settings does not count";
  follow(silent);
  await(silent, 2);
}

}  // namespace
}  // namespace watchrig::central

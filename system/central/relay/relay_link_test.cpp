#include "system/central/relay/relay_link.hpp"

#include <atomic>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "system/central/relay/relay_sections.hpp"
#include "system/central/testing/background_fixture.hpp"
#include "system/devices/testing/line_peer.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ::testing::HasSubstr;

/// The relay is the test itself, by blocking sockets.
class RelayLinkTest : public testing::BackgroundFixture {
 protected:
  using Line = devices::testing::LinePeer;

  void SetUp() override {
    BackgroundFixture::SetUp();
    link.emplace(registration_kind(*settings),
                 RelayLink::Parts{clock, *settings, *events,
                                  [this](tcp::socket socket, bool encrypted, std::function<bool()> wanted) {
                                    let_in(std::move(socket), encrypted, std::move(wanted));
                                  }},
                 io.get_executor(), 500ms);
    run();
  }
  void TearDown() override {
    link.reset();
    end();
  }
  void let_in(tcp::socket socket, bool encrypted, std::function<bool()> wanted) {
    const std::lock_guard lock(mutex);
    boost::asio::write(socket, boost::asio::buffer(encrypted ? "https" : "http ", 5));
    still_wanted = std::move(wanted);
    inside.push_back(std::move(socket));
    changed.notify_all();
  }
  void follow() {
    ASSERT_TRUE(settings->change("registration", {{"enabled", true},
                                                  {"server", "127.0.0.1"},
                                                  {"port", std::int64_t{relay.local_endpoint().port()}},
                                                  {"device_id", "gate-1"}}));
  }
  Line accept() { return Line(relay.accept()); }
  Line registered() {
    follow();
    auto line = accept();
    EXPECT_EQ(line.read(), R"({"type":"register","version":1,"device_id":"gate-1"})");
    line.say(R"({"type":"registered","keep_alive":5})");
    await("registration.registered");
    return line;
  }
  std::string state() const { return std::string(link->status().at("state").as_string()); }

  boost::asio::io_context own;
  tcp::acceptor relay{own, {boost::asio::ip::address_v4::loopback(), 0}};
  std::vector<tcp::socket> inside;  ///< under mutex
  std::function<bool()> still_wanted;
  std::optional<RelayLink> link;
};

TEST_F(RelayLinkTest, each_tunnel_leads_in) {
  EXPECT_EQ(state(), "off");
  auto line = registered();
  EXPECT_EQ(state(), "registered");
  for (const char* service : {"http", "https"}) {
    line.say(std::string(R"({"type":"open","tunnel":"t1","service":")") + service + "\"}");
    auto tunnel = accept();
    EXPECT_EQ(tunnel.read(), R"({"type":"tunnel","tunnel":"t1"})");
    EXPECT_THAT(tunnel.take(5), HasSubstr(service));
  }
  EXPECT_EQ(link->status().at("tunnels").to_number<int>(), 2);
}

TEST_F(RelayLinkTest, it_ends_with_the_settings_and_so_do_its_tunnels) {
  auto line = registered();
  line.say(R"({"type":"open","tunnel":"t1"})");
  auto tunnel = accept();
  EXPECT_NE(tunnel.read(), "");
  EXPECT_NE(tunnel.take(1), "");
  {
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(still_wanted());
  }
  ASSERT_TRUE(settings->change("registration", {{"enabled", false}}));
  EXPECT_EQ(line.read(), "");
  const std::lock_guard lock(mutex);
  EXPECT_FALSE(still_wanted());
}

TEST_F(RelayLinkTest, who_is_refused_waits_long_and_says_why) {
  follow();
  auto line = accept();
  line.read();
  line.say(R"({"type":"refused","reason":"no such id"})");
  const auto event = await("registration.failed");
  EXPECT_EQ(event.cause, "denied");
  EXPECT_THAT(event.message, HasSubstr("no such id"));
  EXPECT_EQ(state(), "refused");
  EXPECT_EQ(line.read(), "");
  EXPECT_GT(*base::parse_utc(link->status().at("next").as_string()), clock.now() + 2min);
}

TEST_F(RelayLinkTest, a_lost_relay_is_tried_again) {
  for (int i = 1; i <= 3; ++i) {
    if (i == 1) follow();
    auto line = accept();
    line.read();
    line.say(R"({"type":"registered"})");
    await("registration.registered", i);
    EXPECT_EQ(how_many("registration.failed"), i - 1);
    line.socket.close();
    await("registration.failed", i);
  }
}

TEST_F(RelayLinkTest, nonsense_and_too_much_end_the_connection) {
  const std::pair<std::string, const char*> answers[] = {
      {"SSH-2.0-OpenSSH\n", "no JSON object"},
      {std::string(1025, 'x'), "more than 1024 bytes"},
      {"{\"type\":\"alive\"}\n", "does not answer the registration"}};
  follow();
  for (std::ptrdiff_t i = 0; i < 3; ++i) {
    auto line = accept();
    line.read();
    boost::asio::write(line.socket, boost::asio::buffer(answers[i].first));
    EXPECT_THAT(await("registration.failed", i + 1).message, HasSubstr(answers[i].second));
  }
}

TEST_F(RelayLinkTest, a_message_may_have_all_of_its_bytes) {
  auto line = registered();
  const std::string head = R"({"type":"alive","x":")";
  line.say(head + std::string(1023 - head.size() - 2, 'x') + "\"}");
  line.say(R"({"type":"open","tunnel":"t1"})");
  EXPECT_NE(accept().read(), "");
}

TEST_F(RelayLinkTest, a_silent_relay_is_left_and_signs_of_life_are_sent) {
  follow();
  {
    auto silent = accept();
    EXPECT_THAT(await("registration.failed").message, HasSubstr("says nothing"));
  }
  auto line = accept();
  line.read();
  line.say(R"({"type":"registered","keep_alive":5})");
  EXPECT_EQ(line.read(), R"({"type":"alive"})");
}

TEST_F(RelayLinkTest, only_so_many_tunnels_are_opened_at_a_time) {
  auto line = registered();
  relay.listen(1);  // two get through, and the others wait
  std::string text;
  for (int i = 0; i < 20; ++i) text += R"({"type":"open","tunnel":"t)" + std::to_string(i) + "\"}\n";
  line.say(text.substr(0, text.size() - 1));
  int many = 0;
  for (int i = 0; i < 18; ++i) many += line.read().find("too many") != std::string::npos ? 1 : 0;
  EXPECT_GE(many, 2) << "sixteen wait at a time";
  EXPECT_EQ(state(), "registered");
}

TEST_F(RelayLinkTest, settings_at_their_limits) {
  const auto wrong = [&](const boost::json::object& values) {
    const auto done = settings->change("registration", values);
    return done ? std::string() : done.error().field;
  };
  EXPECT_EQ(wrong({{"enabled", true}}), "server");
  EXPECT_EQ(wrong({{"enabled", true}, {"server", "127.0.0.1"}}), "device_id");
  EXPECT_EQ(wrong({{"server", "::1"}}), "server");
  EXPECT_EQ(wrong({{"server", "::1"}, {"ip_type", "ipv6"}}), "");
  EXPECT_EQ(wrong({{"server", "127.0.0.1"}}), "server");
  EXPECT_EQ(wrong({{"device_id", "a b"}}), "device_id");
  EXPECT_EQ(wrong({{"device_id", std::string(64, 'a')}}), "");
  EXPECT_EQ(wrong({{"device_id", std::string(65, 'a')}}), "device_id");
  EXPECT_EQ(settings->change("p2p", {{"enabled", true}}).error().field, "server");
}

TEST(P2pTest, a_code_names_relay_and_server) {
  EXPECT_EQ(p2p_code({{"enabled", false}, {"server", ""}, {"port", 7000}}, "S1"), "watchrig:///S1");
  EXPECT_EQ(p2p_code({{"enabled", false}, {"server", "r.example.org"}, {"port", 7000}}, "S1"),
            "watchrig://r.example.org:7000/S1");
  EXPECT_EQ(p2p_code({{"enabled", false}, {"server", "::1"}, {"port", 7}}, "S1"), "watchrig://[::1]:7/S1");
  const auto shared = p2p_identity("S1", boost::asio::ip::address_v4::loopback());
  EXPECT_EQ(shared.size(), 4U);
  for (const char* name : {"serial", "name", "ip", "mac"}) EXPECT_TRUE(shared.contains(name)) << name;
}

}  // namespace
}  // namespace watchrig::central

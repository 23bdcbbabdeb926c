#include <mutex>

#include <boost/json/serialize.hpp>

#include "system/api/testing/routes_fixture.hpp"

namespace watchrig::api {
namespace {

/// A recorder with two channels, and a server whose storage role does as the test says.
class ChannelRoutesTest : public RoutesTest {
 protected:
  ChannelRoutesTest() {
    add_channel_routes(router, parts);
    add_deck();
  }

  /// Takes every question and answers none.
  void serve_silently() {
    const auto served = bus.serve_later(
        platform::storage_role, [this](const platform::Message&, platform::MessageBus::Answered answered) {
          const std::lock_guard lock(mutex);
          held.push_back(std::move(answered));
        });
    EXPECT_TRUE(served);
  }
  /// Relays the first channel alone.
  void serve_first() {
    const auto served =
        bus.serve(platform::storage_role, [](const platform::Message&) -> platform::MessageBus::Answer {
          platform::ChannelReport report;
          report.channel = "c1";
          report.recording = "stopped";
          platform::StreamReport& stream = report.streams.emplace_back();
          stream.name = "main";
          stream.state = "online";
          platform::NvrChannelList list;
          list.channels.push_back(report);
          return platform::to_body(list);
        });
    EXPECT_TRUE(served);
  }
  /// All that central knows itself is there, and why the rest is not.
  static void expect_known(const Answer& answer, const std::string& at, const std::string& id,
                           const std::string& name) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text(at + "/id"), id);
    EXPECT_EQ(answer.text(at + "/name"), name);
    EXPECT_EQ(answer.text(at + "/state"), "connecting");
    EXPECT_NE(answer.text(at + "/missing").find("storage"), std::string::npos) << answer.body;
    boost::system::error_code none;
    EXPECT_FALSE(answer.body.find_pointer(at + "/streams", none)) << answer.body;
    EXPECT_FALSE(answer.body.find_pointer(at + "/recording", none)) << answer.body;
  }

  std::mutex mutex;
  std::vector<platform::MessageBus::Answered> held;
};

TEST_F(ChannelRoutesTest, ChannelsAreShownWhileStorageIsSilent) {
  serve_silently();
  const auto list = ask("GET", "/api/v1/channels");
  expect_known(list, "/channels/0", "c1", "Deck 1");
  expect_known(list, "/channels/1", "c2", "Deck 2");
  expect_known(ask("GET", "/api/v1/channels/c2"), "", "c2", "Deck 2");
}

TEST_F(ChannelRoutesTest, ChannelsAreShownWhileThereIsNoStorage) {
  expect_known(ask("GET", "/api/v1/channels"), "/channels/0", "c1", "Deck 1");
  expect_known(ask("GET", "/api/v1/channels/c1"), "", "c1", "Deck 1");
}

TEST_F(ChannelRoutesTest, NothingIsMissingOnceStorageAnswers) {
  serve_first();
  const auto list = ask("GET", "/api/v1/channels");
  EXPECT_EQ(list.text("/channels/0/state"), "online");
  EXPECT_EQ(list.text("/channels/0/recording/state"), "stopped");
  EXPECT_EQ(list.text("/channels/1/state"), "connecting") << "it relays that one not yet";
  for (const auto* path : {"/api/v1/channels", "/api/v1/channels/c1", "/api/v1/channels/c2"})
    EXPECT_EQ(boost::json::serialize(ask("GET", path).body).find("missing"), std::string::npos) << path;
}

}  // namespace
}  // namespace watchrig::api

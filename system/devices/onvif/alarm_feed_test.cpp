#include "system/devices/onvif/alarm_feed.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using ::testing::ElementsAre;
using testing::FakeDevice;
using ::testing::StartsWith;

std::string times(base::UtcTime now) {
  return fmt::format("<CurrentTime>{}</CurrentTime><TerminationTime>{}</TerminationTime>",
                     base::format_utc(now), base::format_utc(now + 60s));
}

/// A device with events, of whose messages each test has its own.
class Teller : public FakeDevice {
 public:
  Teller() {
    std::string services;
    for (const auto* prefix : {"tev", "trt"}) {
      services +=
          fmt::format("<Service><Namespace>{}</Namespace><XAddr>http://10.0.0.1/onvif/{}</XAddr></Service>",
                      protocols::uri_of_prefix(prefix), prefix);
    }
    replies["device GetServices"] = content("<R>" + services + "</R>");
    replies["tev CreatePullPointSubscription"] = [this](const http::Request& request) {
      ++created;
      return content(
          fmt::format("<R><SubscriptionReference><Address>http://127.0.0.1/onvif/pull</Address>"
                      "</SubscriptionReference>{}</R>",
                      times(clock.now())))(request);
    };
  }
  http::Response messages(const std::string& all) const {
    return content("<R>" + times(clock.now()) + all + "</R>")({});
  }
  static std::string message(const std::string& topic, bool on, const std::string& more = {}) {
    return fmt::format(
        R"(<NotificationMessage><Topic>{}</Topic><Message><Message><Source><SimpleItem Name="InputToken" Value="in-1"/>)"
        R"(</Source><Data><SimpleItem Name="LogicalState" Value="{}"/></Data>{}</Message></Message></NotificationMessage>)",
        topic, on, more);
  }

  int created = 0;
};
constexpr auto input_topic = "tns1:Device/Trigger/DigitalInput";

/// What was heard, a word for each.
class Heard : public AlarmListener {
 public:
  void alarm(const DeviceAlarm& alarm) override {
    words.push_back(fmt::format("{} {}", to_string(alarm.kind), alarm.began ? "begins" : "ends"));
  }
  void lost(const std::string& cause) override { words.push_back("lost: " + cause); }
  void resumed() override { words.emplace_back("resumed"); }
  void quirk(std::string_view name, const std::string&) override { words.emplace_back(name); }
  void flood() override { words.emplace_back("flood"); }
  void counted(std::string_view what, std::uint64_t count) override { counts[std::string(what)] += count; }

  std::vector<std::string> words;
  std::map<std::string, std::uint64_t> counts;
};

class AlarmFeedTest : public ::testing::Test {
 protected:
  /// Lets the feed work, whose waits are over at once, until `enough`; false when it never comes to that.
  bool follow(const std::function<bool()>& enough) { return device_.run(watch(enough), false); }

  Teller device_;
  std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();

 private:
  asio::awaitable<bool> watch(std::function<bool()> enough) {
    const auto executor = co_await asio::this_coro::executor;
    const auto feed = AlarmFeed::start(executor, device_.clock, {device_.contact(), 1}, heard_);
    asio::steady_timer pause(executor);
    bool reached = false;
    for (int i = 0; i < 2000 && !reached; ++i) {
      pause.expires_after(5ms);
      co_await pause.async_wait(asio::use_awaitable);
      device_.clock.advance(100ms);
      reached = enough();
    }
    feed->stop();
    co_return reached;
  }
};

TEST_F(AlarmFeedTest, TopicsThatNobodyKnowsAreCountedAndDoNoHarmToThoseBetween) {
  std::string unknown;
  for (int i = 0; i < 300; ++i) unknown += Teller::message(fmt::format("tns1:Pigeon/Landed{}", i), true);
  device_.replies["pull PullMessages"] = [&](const http::Request&) {
    return device_.messages(unknown + Teller::message(input_topic, true) + unknown);
  };
  ASSERT_TRUE(follow([&] { return heard_->counts["unknown"] >= 600; }))
      << ::testing::PrintToString(heard_->words);
  EXPECT_EQ(heard_->words.front(), "input begins");
}

TEST_F(AlarmFeedTest, MessagesThatAreTooLongTogetherAreTakenOneByOne) {
  device_.replies["pull PullMessages"] = [&](const http::Request& request) {
    const bool alone = request.body.find("MessageLimit>1<") != std::string::npos;
    return device_.messages(Teller::message(input_topic, true) + std::string(alone ? 1000 : 2 << 20, ' '));
  };
  ASSERT_TRUE(follow([&] { return heard_->words.size() >= 2; })) << ::testing::PrintToString(heard_->words);
  EXPECT_THAT(heard_->words, ElementsAre("huge-messages", "input begins", "input ends"));
}

TEST_F(AlarmFeedTest, AMessageThatIsTooLongByItselfIsALossThatIsToldOnce) {
  int pulled = 0;
  device_.replies["pull PullMessages"] = [&](const http::Request&) {
    return device_.messages(++pulled <= 6 ? std::string(2 << 20, ' ') : Teller::message(input_topic, true));
  };
  ASSERT_TRUE(follow([&] { return heard_->words.size() >= 4; })) << ::testing::PrintToString(heard_->words);
  EXPECT_THAT(heard_->words,
              ElementsAre("huge-messages", StartsWith("lost: "), "resumed", "input begins", "input ends"));
}

TEST_F(AlarmFeedTest, APullPointThatDiesIsMadeAnewAndAnAlarmThatGoesOnIsToldOnce) {
  int pulled = 0;
  device_.replies["pull PullMessages"] = [&](const http::Request&) {
    return ++pulled % 2 == 0 ? FakeDevice::fault(400, "wsrf:ResourceUnknownFault")
                             : device_.messages(Teller::message(input_topic, true));
  };
  ASSERT_TRUE(follow([&] { return device_.created >= 4; })) << ::testing::PrintToString(heard_->words);
  EXPECT_THAT(heard_->words, ElementsAre("input begins", "pull-point-dies", "input ends"));
}

}  // namespace
}  // namespace watchrig::devices

#include "system/platform/async_ask.hpp"

#include <future>
#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/platform/in_process_bus.hpp"

namespace watchrig::platform {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

class AsyncAskTest : public testing::Test {
 protected:
  static Message message(std::string name = "nvr_playback_query") {
    return {std::move(name), "central", "storage", "r1", {}, 0, {}};
  }
  void begin(base::Duration deadline, std::string name = "nvr_playback_query") {
    asio::co_spawn(io, async_ask(bus, message(std::move(name)), deadline),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [this](const std::exception_ptr& failure, MessageBus::Answer got) {
                         EXPECT_FALSE(failure);
                         answer = std::move(got);
                       }));
  }
  /// Until the answer is there.
  void run() {
    while (!answer) io.run_one();
  }
  /// Keeps the answers back until they are given.
  void serve_silently() {
    ASSERT_TRUE(bus.serve_later("storage", [this](const Message&, const MessageBus::Answered& answered) {
      kept.push_back(answered);
      if (kept.size() == 1) taken.set_value();
    }));
  }

  base::ManualClock clock{base::UtcTime(seconds(1))};
  MessageTrace trace;
  asio::io_context io{1};
  asio::cancellation_signal cancel;
  std::optional<MessageBus::Answer> answer;
  std::promise<void> taken;
  std::promise<void> go_on;
  InProcessBus bus{clock, trace, 1};
  std::vector<MessageBus::Answered> kept;
};

TEST_F(AsyncAskTest, TheAnswerComesBackOnTheCallersExecutor) {
  ASSERT_TRUE(bus.serve("storage", [](const Message& m) -> MessageBus::Answer {
    return json::object{{"request", m.correlation}};
  }));
  begin(seconds(30));
  run();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((*answer)->at("request"), "r1");
}

TEST_F(AsyncAskTest, NoThreadWaitsForARoleThatIsSilentAndItIsNamedInTheEnd) {
  serve_silently();
  begin(milliseconds(50));
  bool other_work = false;
  asio::post(io, [&] { other_work = true; });
  run();
  EXPECT_TRUE(other_work);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, ErrorKind::timeout);
  EXPECT_NE(answer->error().message.find("storage"), std::string::npos) << answer->error().message;
  // The answer comes all the same, and nobody is there for it.
  taken.get_future().wait();
  kept[0](json::object());
  io.restart();
  io.poll();
  EXPECT_EQ(trace.find({.name = "nvr_playback_query_result"}).size(), 1U);
}

TEST_F(AsyncAskTest, AQueueThatIsFullAndARoleThatNobodyServesAreToldAtOnce) {
  begin(seconds(30));
  run();
  EXPECT_EQ(answer->error().kind, ErrorKind::unavailable);
  answer.reset();
  io.restart();
  ASSERT_TRUE(bus.serve("storage", [this, first = true](const Message&) mutable -> MessageBus::Answer {
    if (first) {
      taken.set_value();
      go_on.get_future().wait();
    }
    first = false;
    return json::object();
  }));
  ASSERT_TRUE(bus.send(message("link_nvr_pu")));
  taken.get_future().wait();
  ASSERT_TRUE(bus.send(message("link_nvr_pu")));
  begin(seconds(30));
  run();
  EXPECT_EQ(answer->error().kind, ErrorKind::full);
  go_on.set_value();
}

TEST_F(AsyncAskTest, AStopOfTheBusAnswersWhatWaits) {
  serve_silently();
  begin(seconds(30));
  io.poll();
  taken.get_future().wait();
  bus.stop();
  kept.clear();
  io.restart();
  run();
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, ErrorKind::unavailable);
  answer.reset();
  begin(seconds(30));
  io.restart();
  run();
  EXPECT_EQ(answer->error().kind, ErrorKind::unavailable);
}

TEST_F(AsyncAskTest, WhoGivesUpIsToldSo) {
  serve_silently();
  begin(seconds(30));
  io.poll();
  taken.get_future().wait();
  cancel.emit(asio::cancellation_type::terminal);
  io.restart();
  run();
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, ErrorKind::cancelled);
}

TEST_F(AsyncAskTest, AnExecutorThatStopsWhileSomebodyWaitsIsNoHarm) {
  serve_silently();
  begin(seconds(30));
  io.poll();
  taken.get_future().wait();
  io.stop();
  kept[0](json::object());
  EXPECT_FALSE(answer);
}

}  // namespace
}  // namespace watchrig::platform

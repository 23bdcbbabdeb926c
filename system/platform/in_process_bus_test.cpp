#include "system/platform/in_process_bus.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/base/correlation.hpp"

namespace watchrig::platform {
namespace {

namespace json = boost::json;
using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

class InProcessBusTest : public testing::Test {
 protected:
  static Message message(std::string name, json::object body = {}) {
    return {std::move(name), "central", "storage", {}, std::move(body), 0, {}};
  }
  std::vector<std::string> traced() const {
    std::vector<std::string> names;
    for (const auto& entry : trace_.find({})) names.push_back(entry.message.name + ": " + entry.outcome);
    return names;
  }

  base::ManualClock clock_{base::UtcTime(std::chrono::hours(24 * 365 * 50))};
  MessageTrace trace_{100};
};

TEST_F(InProcessBusTest, MessagesArriveInTheOrderOfSending) {
  std::vector<std::int64_t> got;
  {
    InProcessBus bus(clock_, trace_);
    ASSERT_TRUE(bus.serve("storage", [&](const Message& m) -> base::Result<json::object> {
      got.push_back(m.body.at("n").as_int64());
      return json::object();
    }));
    for (int n = 0; n < 1000; ++n) ASSERT_TRUE(bus.send(message("count", {{"n", n}})));
    bus.stop();
  }
  ASSERT_EQ(got.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

TEST_F(InProcessBusTest, AnAnswerComesBackUnderTheSameCorrelation) {
  InProcessBus bus(clock_, trace_);
  ASSERT_TRUE(bus.serve("storage", [&](const Message& m) -> base::Result<json::object> {
    EXPECT_EQ(base::correlation(), "abc") << "what the handler sends on belongs to the same request";
    if (m.name == "refuse") return base::Error{ErrorKind::not_found, "no such channel"};
    return json::object{{"channel", "c1"}};
  }));
  const base::CorrelationScope scope("abc");
  EXPECT_EQ(bus.ask(message("link_nvr_pu"), seconds(30))->at("channel"), "c1");
  EXPECT_EQ(bus.ask(message("refuse"), seconds(30)).error().kind, ErrorKind::not_found);
  const auto found = trace_.find({.correlation = "abc"});
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[1].message.name, "link_nvr_pu_result");
  EXPECT_EQ(found[1].message.from, "storage");
  EXPECT_EQ(found[3].outcome, "failed: no such channel");
  EXPECT_TRUE(trace_.find({.correlation = "other"}).empty());
}

TEST_F(InProcessBusTest, AFullQueueRefuses) {
  std::promise<void> begun;
  std::promise<void> go_on;
  InProcessBus bus(clock_, trace_, 2);  // ends before what its handlers use
  ASSERT_TRUE(bus.serve("storage", [&, first = true](const Message&) mutable -> base::Result<json::object> {
    if (first) {
      begun.set_value();
      go_on.get_future().wait();
    }
    first = false;
    return json::object();
  }));
  ASSERT_TRUE(bus.send(message("a")));
  begun.get_future().wait();
  ASSERT_TRUE(bus.send(message("b")));
  ASSERT_TRUE(bus.send(message("c")));
  EXPECT_EQ(bus.send(message("d")).error().kind, ErrorKind::full);
  EXPECT_EQ(traced().back(), "d: refused: the queue is full");
  go_on.set_value();
}

TEST_F(InProcessBusTest, ARoleThatHangsHoldsUpNobodyElse) {
  std::promise<void> go_on;
  InProcessBus bus(clock_, trace_);  // ends before what its handlers use
  ASSERT_TRUE(bus.serve("storage", [&](const Message&) -> base::Result<json::object> {
    go_on.get_future().wait();
    return json::object();
  }));
  ASSERT_TRUE(
      bus.serve("decode", [](const Message&) -> base::Result<json::object> { return json::object(); }));
  EXPECT_EQ(bus.ask(message("link_nvr_pu"), milliseconds(20)).error().kind, ErrorKind::timeout);
  auto other = message("play_request");
  other.to = "decode";
  EXPECT_TRUE(bus.ask(std::move(other), seconds(30)));
  go_on.set_value();
}

TEST_F(InProcessBusTest, AnAnswerThatComesLaterHoldsUpNoMessageAndHasItsOwnName) {
  InProcessBus::Answered later;
  std::promise<void> taken;
  InProcessBus bus(clock_, trace_);
  ASSERT_TRUE(bus.serve_later("storage", [&](const Message& m, const InProcessBus::Answered& answered) {
    if (m.name != "nvr_playback_query") return answered(json::object());
    later = answered;
    taken.set_value();
  }));
  auto query = message("nvr_playback_query");
  query.answer = "nvr_record_list";
  std::promise<InProcessBus::Answer> answer;
  bus.ask_then(std::move(query), [&](InProcessBus::Answer got) { answer.set_value(std::move(got)); });
  taken.get_future().wait();
  EXPECT_TRUE(bus.ask(message("keep_alive"), seconds(30)));
  later(json::object{{"records", 0}});
  later(json::object{{"records", 1}});  // once is enough
  EXPECT_EQ(answer.get_future().get()->at("records"), 0);
  EXPECT_EQ(traced(), (std::vector<std::string>{"nvr_playback_query: sent", "keep_alive: sent",
                                                "keep_alive_result: sent", "nvr_record_list: sent"}));
  later = {};
}

TEST_F(InProcessBusTest, AQuestionThatIsLetGoOfIsAnswered) {
  InProcessBus bus(clock_, trace_);
  ASSERT_TRUE(bus.serve_later("storage", [](const Message&, const InProcessBus::Answered&) {}));
  const auto answer = bus.ask(message("link_nvr_pu"), seconds(30));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  EXPECT_NE(answer.error().message.find("storage"), std::string::npos) << answer.error().message;
}

TEST_F(InProcessBusTest, AQuestionMayBeLetGoOfBeforeItsSenderKnowsThatItIsSent) {
  InProcessBus bus(clock_, trace_);
  ASSERT_TRUE(bus.serve_later("storage", [](const Message&, const MessageBus::Answered&) {}));
  for (int n = 0; n < 20'000; ++n)
    ASSERT_EQ(bus.ask(message("nvr_playback_query"), seconds(30)).error().kind, ErrorKind::unavailable);
}

TEST_F(InProcessBusTest, ARoleThatHasEndedSaysSoAndNotThatItIsFull) {
  InProcessBus bus(clock_, trace_);
  ASSERT_TRUE(bus.serve("storage", [](const Message&) -> InProcessBus::Answer { return json::object(); }));
  bus.stop();
  EXPECT_EQ(bus.ask(message("link_nvr_pu"), seconds(30)).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(traced().back(), "link_nvr_pu: refused: the role has ended");
}

TEST_F(InProcessBusTest, WhatPassesBesideTheBusIsInTheTraceInItsOrder) {
  InProcessBus bus(clock_, trace_);
  EXPECT_FALSE(bus.send(message("link_nvr_pu")));
  bus.note(message("ptz_control", {{"password", "hidden"}}), "failed: it is away");
  const auto found = trace_.find({.name = "ptz_control"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message.number, 2U);
  EXPECT_EQ(found[0].message.time, clock_.now());
  EXPECT_FALSE(found[0].message.correlation.empty());
  EXPECT_EQ(json::serialize(to_json(found[0])).find("hidden"), std::string::npos);
}

TEST_F(InProcessBusTest, OfALongListTheTraceKeepsTheBeginning) {
  const json::array records(1000, json::object{{"frames", 1}});
  auto list = message("nvr_record_list", {{"records", records}});
  list.number = 1;
  trace_.add(list, "sent");
  const auto kept = trace_.find({}).at(0).message.body.at("records").as_array();
  ASSERT_EQ(kept.size(), MessageTrace::most_of_list + 1);
  EXPECT_EQ(kept.back().as_string(), "… 980 more");
}

TEST_F(InProcessBusTest, AHandlerThatThrowsIsAskedAgain) {
  InProcessBus bus(clock_, trace_);
  ASSERT_TRUE(bus.serve("storage", [](const Message& m) -> base::Result<json::object> {
    if (m.name == "bad") throw std::runtime_error("a mistake");
    return json::object();
  }));
  EXPECT_EQ(bus.ask(message("bad"), seconds(30)).error().kind, ErrorKind::io);
  EXPECT_TRUE(bus.ask(message("good"), seconds(30)));
}

TEST_F(InProcessBusTest, ARoleThatNobodyServesIsNamed) {
  InProcessBus bus(clock_, trace_);
  EXPECT_EQ(bus.send(message("link_nvr_pu")).error().kind, ErrorKind::unavailable);
  const auto handler = [](const Message&) -> base::Result<json::object> { return json::object(); };
  ASSERT_TRUE(bus.serve("storage", handler));
  EXPECT_EQ(bus.serve("storage", handler).error().kind, ErrorKind::conflict);
}

TEST_F(InProcessBusTest, TheTraceKeepsTheNewestAndNoSecret) {
  MessageTrace trace(3);
  for (std::uint64_t n = 1; n <= 5; ++n) {
    auto m = message("link_nvr_pu", {{"password", "hidden"}, {"list", {{{"token", "hidden"}, {"id", n}}}}});
    m.number = n;
    trace.add(m, "sent");
  }
  const auto found = trace.find({.after = 3});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(trace.find({}).size(), 3u);
  const auto text = json::serialize(to_json(found[0]));
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  EXPECT_NE(text.find("\"id\":4"), std::string::npos);
}

TEST_F(InProcessBusTest, AMessageWithManyListsIsShortInTheTraceAndAddressesEndWithTheHost) {
  json::array channels;
  for (int n = 0; n < 100; ++n) {
    json::array streams(3,
                        json::object{{"name", "main"}, {"address", "rtsp://10.0.0.1:554/user=a&password=b"}});
    channels.push_back(json::object{{"number", n}, {"streams", streams}});
  }
  const auto traced_body = [](json::object body) {
    MessageTrace kept(3);
    auto sent = message("link_nvr_pu", std::move(body));
    sent.number = 1;
    kept.add(sent, "sent");
    return kept.find({}).at(0).message.body;
  };
  const auto link = traced_body({{"address", "https://gate?pw=b"}, {"device", "d1"}, {"channels", channels}});
  const auto text = json::serialize(link);
  EXPECT_LT(text.size(), 10'000u);
  EXPECT_EQ(text.find("password"), std::string::npos);
  EXPECT_EQ(text.find("pw="), std::string::npos);
  EXPECT_NE(text.find(R"("address":"rtsp://10.0.0.1:554/…")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("number":19)"), std::string::npos) << text;
  EXPECT_NE(text.find("… 80 more"), std::string::npos) << text;
  const auto flat = traced_body({{"numbers", json::array(100, 7)}});
  EXPECT_EQ(flat.at("numbers").as_array().size(), MessageTrace::most_of_list + 1);
  const auto deep = traced_body({{"deep", json::array(60, json::array(60, 1))}});
  EXPECT_EQ(deep.at("deep").as_array().size(), 11u) << "two hundred numbers";
}

TEST_F(InProcessBusTest, TheTracesFileStaysWithinItsLimitOverRestarts) {
  const std::filesystem::path file = testing::TempDir() + "message_trace_test.jsonl";
  for (const std::uintmax_t size : {std::uintmax_t{0}, std::uintmax_t{64} << 20}) {
    std::ofstream(file, std::ios::trunc).close();
    std::filesystem::resize_file(file, size);
    MessageTrace(10, file).add(message("link_nvr_pu"), "sent");
    EXPECT_EQ(std::filesystem::file_size(file) > size, size == 0);
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace watchrig::platform

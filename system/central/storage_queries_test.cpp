#include "system/central/storage_queries.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "system/platform/in_process_bus.hpp"

namespace watchrig::central {
namespace {

using namespace platform;
using namespace std::chrono_literals;
using base::ErrorKind;

class StorageQueriesTest : public testing::Test {
 protected:
  template <class Value>
  base::Result<Value> wait_for(StorageQueries::Answer<Value> question) {
    std::optional<base::Result<Value>> result;
    boost::asio::co_spawn(io, std::move(question), [&](const std::exception_ptr&, base::Result<Value> got) {
      result = std::move(got);
    });
    io.restart();
    while (!result) io.run_one();
    return *result;
  }
  static NvrRecord record(int second) {
    return {base::UtcTime(std::chrono::seconds(second)), base::UtcTime(std::chrono::seconds(second + 1)), 10,
            1000};
  }
  /// Seven records of a second each.
  void serve_records() {
    ASSERT_TRUE(bus.serve("storage", [](const Message& message) -> MessageBus::Answer {
      const auto query = from_message<NvrPlaybackQuery>(message);
      if (!query) return query.error();
      NvrRecordList list;
      for (int second = 0; second < 7; ++second) {
        if (record(second).to <= query->from || record(second).from >= query->to) continue;
        list.more = list.records.size() == static_cast<std::size_t>(query->most);
        if (list.more) break;
        list.records.push_back(record(second));
      }
      return to_body(list);
    }));
  }
  std::vector<std::string> traced() const {
    std::vector<std::string> names;
    for (const auto& entry : trace.find({.correlation = "r1"})) names.push_back(entry.message.name);
    return names;
  }
  const NvrPlaybackQuery all{"c1", "main", base::UtcTime(0s), base::UtcTime(100s), 0};

  base::ManualClock clock{base::UtcTime(1h)};
  MessageTrace trace;
  boost::asio::io_context io{1};
  InProcessBus bus{clock, trace};
};

TEST_F(StorageQueriesTest, ALongListComesByAsManyMessagesAsItNeeds) {
  serve_records();
  StorageQueries queries(bus, 30s, 3);
  const auto records = wait_for(queries.records(all, "r1"));
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 7U);
  for (int i = 0; i < 7; ++i) EXPECT_EQ((*records)[static_cast<std::size_t>(i)].from, record(i).from);
  EXPECT_EQ(traced(), (std::vector<std::string>{"nvr_playback_query", "nvr_record_list", "nvr_playback_query",
                                                "nvr_record_list", "nvr_playback_query", "nvr_record_list"}));
}

TEST_F(StorageQueriesTest, AListThatLeadsNowhereIsNotAskedForWithoutEnd) {
  ASSERT_TRUE(bus.serve("storage", [](const Message&) -> MessageBus::Answer {
    return to_body(NvrRecordList{{record(0)}, true});
  }));
  StorageQueries queries(bus);
  EXPECT_EQ(wait_for(queries.records(all, "r1")).error().kind, ErrorKind::invalid);
}

TEST_F(StorageQueriesTest, ManyChannelsAreAskedForInPartsAndThoseThatAreNotRelayedAreLeftOut) {
  ASSERT_TRUE(bus.serve("storage", [](const Message& message) -> MessageBus::Answer {
    const auto query = from_message<QueryNvrChannels>(message);
    if (!query) return query.error();
    EXPECT_LE(query->channels.size(), 2U);
    NvrChannelList list;
    for (const auto& id : query->channels) {
      ChannelReport report;
      report.channel = id;
      if (id != "c3") list.channels.push_back(report);
    }
    return to_body(list);
  }));
  StorageQueries queries(bus, 30s, 2);
  const auto all_five = wait_for(queries.channels({"c1", "c2", "c3", "c4", "c5"}, "r1"));
  ASSERT_TRUE(all_five) << all_five.error().message;
  std::vector<std::string> told;
  for (const auto& report : *all_five) told.push_back(report.channel);
  EXPECT_EQ(told, (std::vector<std::string>{"c1", "c2", "c4", "c5"}));
  EXPECT_EQ(traced().size(), 6U);
  EXPECT_TRUE(wait_for(queries.channels({}, "r1"))->empty());
  EXPECT_EQ(traced().size(), 6U) << "nobody is asked for nothing";
}

TEST_F(StorageQueriesTest, WithoutStorageAQuestionSaysSo) {
  StorageQueries queries(bus);
  const auto place = wait_for(queries.download({"c1", "main", {}, {}}, "r1"));
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().kind, ErrorKind::unavailable);
  EXPECT_NE(place.error().message.find("storage"), std::string::npos) << place.error().message;
}

TEST_F(StorageQueriesTest, StorageThatHangsOrHasTooMuchToDoIsUnavailable) {
  std::vector<MessageBus::Answered> kept;
  ASSERT_TRUE(bus.serve_later("storage", [&](const Message& message, const MessageBus::Answered& answered) {
    if (message.name == PlayRequest::message_name)
      return answered(base::Error{ErrorKind::full, "the role storage looks up 64 others"});
    kept.push_back(answered);
  }));
  StorageQueries queries(bus, 50ms);
  const auto records = wait_for(queries.records(all, "r1"));
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().kind, ErrorKind::unavailable);
  EXPECT_NE(records.error().message.find("the role storage has not answered"), std::string::npos)
      << records.error().message;
  // Not as if a disk were full.
  EXPECT_EQ(wait_for(queries.play({"c1", "main"}, "r1")).error().kind, ErrorKind::unavailable);
  bus.stop();
  kept.clear();
}

TEST_F(StorageQueriesTest, WhatStorageRefusesAndAnswersBadlyComesBack) {
  ASSERT_TRUE(bus.serve("storage", [](const Message& message) -> MessageBus::Answer {
    if (message.name == PlayRequest::message_name) return boost::json::object{{"path", 1}};
    return base::Error{ErrorKind::not_found, "nothing is recorded"};
  }));
  StorageQueries queries(bus, 30s);
  EXPECT_EQ(wait_for(queries.download({"c1", "main", {}, {}}, "r1")).error().kind, ErrorKind::not_found);
  const auto bad = wait_for(queries.play({"c1", "main"}, "r1"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::invalid);
  EXPECT_NE(bad.error().message.find("play_url from storage: path"), std::string::npos)
      << bad.error().message;
}

}  // namespace
}  // namespace watchrig::central

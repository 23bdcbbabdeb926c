#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "system/platform/recording_messages.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::platform {
namespace {

namespace json = boost::json;

TEST(TypedMessageTest, GoesToJsonAndBack) {
  LinkNvrPu link;
  link.device = "d1";
  link.continued = true;
  link.password = "secret";
  link.channels = {{"c1", "Gate", 2, "main", {"manual"}, {{"main", "rtsp://127.0.0.1/1"}}}, {}};
  const auto bind = to_message(central_role, storage_role, link);
  EXPECT_EQ(bind.name, "link_nvr_pu");
  EXPECT_EQ(bind.from, "central");
  EXPECT_EQ(bind.to, "storage");
  EXPECT_EQ(json::serialize(bind.body.at("channels").at(0)),
            R"({"channel":"c1","name":"Gate","number":2,"recorded":"main","types":["manual"],)"
            R"("streams":[{"name":"main","address":"rtsp://127.0.0.1/1"}],"ahead_ms":0,"disk_group":1})");
  const auto read = from_message<LinkNvrPu>(bind);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->continued);
  EXPECT_EQ(read->password, "secret");
  ASSERT_EQ(read->channels.size(), 2U);
  EXPECT_EQ(read->channels[0].streams[0].address, "rtsp://127.0.0.1/1");

  const auto unbind = to_message(central_role, storage_role, UnlinkNvrPu{"d1", {"c1", "c2"}});
  EXPECT_EQ(json::serialize(unbind.body), R"({"device":"d1","channels":["c1","c2"]})");
  EXPECT_EQ(from_message<UnlinkNvrPu>(unbind)->channels, (std::vector<std::string>{"c1", "c2"}));

  const auto alarm = to_message(
      storage_role, central_role,
      AlarmNotify{"recording.failed", "c1", "Gate", "disk", "it is full", {{"volume", "v1"}, {"free", 0}}});
  EXPECT_EQ(from_message<AlarmNotify>(alarm)->data.at("volume"), "v1");
  EXPECT_TRUE(from_message<KeepAlive>(to_message("a", "b", KeepAlive{})));
}

TEST(TypedMessageTest, RefusesWhatIsMissingOrOfAnotherTypeAndNamesIt) {
  const auto with = [](const char* body) {
    return Message{"unlink_nvr_pu", "central", "storage", {}, json::parse(body).as_object(), 0, {}};
  };
  EXPECT_TRUE(from_message<UnlinkNvrPu>(with(R"({"device":"d1","channels":[],"newer":1})")));
  for (const char* body : {R"({"device":"d1"})", R"({"device":"d1","channels":"c1"})",
                           R"({"device":"d1","channels":["c1",2]})", R"({"device":"d1","channels":null})"}) {
    const auto read = from_message<UnlinkNvrPu>(with(body));
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, base::ErrorKind::invalid);
    EXPECT_NE(read.error().message.find("channels"), std::string::npos) << read.error().message;
  }
  EXPECT_FALSE(from_message<UnlinkNvrPu>(with(R"({"device":1,"channels":[]})")));
}

TEST(TypedMessageTest, RefusesAnotherMessage) {
  const auto read = from_message<LinkNvrPu>(to_message("central", "storage", KeepAlive{}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, base::ErrorKind::unsupported);
}

/// What its JSON reads back to, and what each of its members does when it is missing or of another type.
template <class Body>
void check_round_trip(const Body& body, const char* expected) {
  const auto message = to_message(central_role, storage_role, body);
  EXPECT_EQ(json::serialize(message.body), expected);
  const auto read = from_message<Body>(message);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_body(*read), message.body);
  for (const auto& member : message.body) {
    auto less = message;
    less.body.erase(member.key());
    auto other = message;
    other.body[member.key()] = nullptr;
    for (const auto& bad : {less, other}) {
      const auto refused = from_message<Body>(bad);
      ASSERT_FALSE(refused) << message.name << " without a good " << member.key();
      EXPECT_EQ(refused.error().kind, base::ErrorKind::invalid);
      EXPECT_NE(refused.error().message.find(member.key()), std::string::npos) << refused.error().message;
    }
  }
}

TEST(TypedMessageTest, QuestionsGoToJsonAndBackAndRefuseWhatIsBad) {
  const base::UtcTime from(std::chrono::seconds(1)), to(std::chrono::nanoseconds(2'000'000'003));
  check_round_trip(
      NvrPlaybackQuery{"c1", "main", from, to, 5},
      R"({"channel":"c1","stream":"main","from":"1970-01-01T00:00:01.000000000Z","to":"1970-01-01T00:00:02.000000003Z","most":5,"types":[]})");
  check_round_trip(
      NvrDownloadRecord{"c1", "sub", from, to},
      R"({"channel":"c1","stream":"sub","from":"1970-01-01T00:00:01.000000000Z","to":"1970-01-01T00:00:02.000000003Z"})");
  check_round_trip(PlayRequest{"c1", "main"}, R"({"channel":"c1","stream":"main"})");
  check_round_trip(PtzControl{"c1", "move"}, R"({"channel":"c1","command":"move"})");
  check_round_trip(QueryPuParams{"trt:GetProfiles"}, R"({"operation":"trt:GetProfiles"})");
  check_round_trip(SetPuParams{"timg:SetImagingSettings"}, R"({"operation":"timg:SetImagingSettings"})");
  check_round_trip(ResetDevice{"tds:SystemReboot"}, R"({"operation":"tds:SystemReboot"})");
  check_round_trip(
      PuPlaybackQuery{"c1", from, to},
      R"({"channel":"c1","from":"1970-01-01T00:00:01.000000000Z","to":"1970-01-01T00:00:02.000000003Z"})");
  auto no_time = to_message(central_role, storage_role, NvrPlaybackQuery{"c1", "main", from, to, 5});
  no_time.body["to"] = "tomorrow";
  EXPECT_FALSE(from_message<NvrPlaybackQuery>(no_time));
}

TEST(TypedMessageTest, PartsNumbersAndWhatMayBeMissingAreChecked) {
  StreamReport stream;
  stream.name = "main";
  stream.fps = 12.5;
  stream.rtp.lost = 3;
  stream.rtp.clock_drift_ppm = -20;
  stream.codec = "H.264";
  const auto asked = to_message(central_role, storage_role, QueryNvrChannels{{"c1"}});
  EXPECT_EQ(answer_to(asked, {}).name, "nvr_channel_list");
  auto body = to_body(NvrChannelList{{{"c1", "main", "recording", "", 7, 5, {stream}}}});
  auto& told = body["channels"].at(0).at("streams").at(0).as_object();
  EXPECT_FALSE(told.contains("width"));
  EXPECT_FALSE(told["rtp"].as_object().contains("clock_offset_us"));
  const auto read = from_answer<NvrChannelList>(asked, body);
  ASSERT_TRUE(read) << read.error().message;
  const auto& back = read->channels.at(0).streams.at(0);
  EXPECT_EQ(back.codec, "H.264");
  EXPECT_EQ(back.width, std::nullopt);
  EXPECT_EQ(back.fps, 12.5);
  EXPECT_EQ(back.rtp.lost, 3);
  EXPECT_EQ(back.rtp.clock_drift_ppm, -20);
  told["fps"] = 25;
  EXPECT_EQ(from_answer<NvrChannelList>(asked, body)->channels.at(0).streams.at(0).fps, 25);
  const std::pair<const char*, json::value> wrong[] = {
      {"fps", "25"}, {"codec", nullptr}, {"rtp", json::object()}, {"rtp", json::array()}, {"width", 1.5}};
  for (const auto& [member, bad] : wrong) {
    const auto before = told[member];
    told[member] = bad;
    EXPECT_FALSE(from_answer<NvrChannelList>(asked, body)) << member;
    told[member] = before;
  }
}

TEST(TypedMessageTest, AnswersHaveTheNamesOfH626AndAreChecked) {
  const auto asked = to_message(central_role, storage_role, NvrPlaybackQuery{"c1", "main", {}, {}, 5});
  const base::UtcTime from(std::chrono::seconds(1)), to(std::chrono::seconds(2));
  const auto body = to_body(NvrRecordList{{{from, to, 10, 2000}}, true});
  const auto told = answer_to(asked, body);
  EXPECT_EQ(told.name, "nvr_record_list");
  EXPECT_EQ(told.from, "storage");
  EXPECT_EQ(told.to, "central");
  EXPECT_EQ(answer_to(to_message("a", "b", PlayRequest{}), {}).name, "play_url");
  EXPECT_EQ(answer_to(to_message("a", "b", LinkNvrPu{}), {}).name, "link_nvr_pu_result");
  const auto list = from_answer<NvrRecordList>(asked, body);
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->records.size(), 1U);
  EXPECT_EQ(list->records[0].to, to);
  EXPECT_EQ(list->records[0].bytes, 2000);
  EXPECT_TRUE(list->more);
  for (const char* bad : {R"({"more":true})", R"({"records":[],"more":1})", R"({"records":{},"more":true})",
                          R"({"records":["x"],"more":true})", R"({"records":[{"from":1}],"more":true})"}) {
    const auto refused = from_answer<NvrRecordList>(asked, json::parse(bad).as_object());
    ASSERT_FALSE(refused) << bad;
    EXPECT_NE(refused.error().message.find("nvr_record_list from storage"), std::string::npos)
        << refused.error().message;
  }
}

}  // namespace
}  // namespace watchrig::platform

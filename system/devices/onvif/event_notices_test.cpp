#include "system/devices/onvif/event_notices.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

NoticeList read(const std::string& xml, std::size_t most = 100) {
  pugi::xml_document document;
  document.load_string(("<R>" + xml + "</R>").c_str());
  return read_notices(document.document_element(), most);
}

std::string message(const std::string& topic, const std::string& inside, const std::string& attributes = {}) {
  return fmt::format(
      "<wsnt:NotificationMessage><wsnt:Topic>{}</wsnt:Topic><wsnt:Message><tt:Message {}>{}"
      "</tt:Message></wsnt:Message></wsnt:NotificationMessage>",
      topic, attributes, inside);
}

std::string items(const char* list, const char* name, const std::string& value) {
  return fmt::format(R"(<tt:{0}><tt:SimpleItem Name="{1}" Value="{2}"/></tt:{0}>)", list, name, value);
}

TEST(EventNotices, AnInputIsReadWithItsTokenAndTimes) {
  const auto list =
      read(message("tns1:Device/Trigger/DigitalInput",
                   items("Source", "InputToken", "in-2") + items("Data", "LogicalState", "true"),
                   R"(UtcTime="2026-01-31T13:00:00+01:00" PropertyOperation="Initialized")"));
  ASSERT_EQ(list.notices.size(), 1u);
  const auto& notice = list.notices.front();
  EXPECT_EQ(notice.kind, EventClass::input);
  EXPECT_EQ(notice.source, "in-2");
  EXPECT_EQ(notice.operation, EventNotice::Operation::initialized);
  EXPECT_TRUE(notice.active);
  EXPECT_EQ(notice.time, base::parse_utc("2026-01-31T12:00:00Z").value());
}

TEST(EventNotices, DevicesWriteTopicsAndValuesAsTheyLike) {
  for (const auto* topic :
       {"tns1:RuleEngine/CellMotionDetector/Motion", " ns:RuleEngine/ns:CellMotionDetector/ns:Motion\n",
        "RuleEngine/CellMotionDetector/Motion//."}) {
    for (const auto* value : {"true", "1", "True", "active"}) {
      const auto list = read(message(topic, items("Data", "IsMotion", value)));
      ASSERT_EQ(list.notices.size(), 1u) << topic;
      EXPECT_TRUE(list.notices.front().active) << value;
      EXPECT_TRUE(list.notices.front().source.empty());
    }
  }
  EXPECT_EQ(read(message("tns1:VideoSource/ImageTooDark/ImagingService", items("Data", "Status", "0")))
                .notices.size(),
            1u);
}

TEST(EventNotices, WhatIsDeletedIsOver) {
  const auto list = read(message("tns1:VideoSource/MotionAlarm", items("Source", "Source", "v"),
                                 R"(PropertyOperation="Deleted")"));
  ASSERT_EQ(list.notices.size(), 1u);
  EXPECT_FALSE(list.notices.front().active);
}

TEST(EventNotices, WhatNobodyKnowsIsCounted) {
  const auto list = read(message("tns1:Pigeon/Landed", items("Data", "State", "true")) +
                         message("tns1:VideoSource/MotionAlarmed", items("Data", "State", "true")) +
                         message("tns1:VideoSource/MotionAlarm", items("Data", "State", "perhaps")) +
                         message("tns1:VideoSource/MotionAlarm", "") + "<wsnt:NotificationMessage/>");
  EXPECT_TRUE(list.notices.empty());
  EXPECT_EQ(list.unknown, 3u);
  EXPECT_EQ(list.malformed, 2u);
}

TEST(EventNotices, LongNamesAndManyMessagesAreCut) {
  std::string many;
  for (int i = 0; i < 20; ++i)
    many += message("tns1:VideoSource/MotionAlarm",
                    items("Source", "Source", std::string(10'000, 'x')) + items("Data", "State", "1"));
  const auto list = read(many, 5);
  ASSERT_EQ(list.notices.size(), 5u);
  EXPECT_LE(list.notices.front().source.size(), 128u);
  EXPECT_LE(list.notices.front().key.size(), 512u);
}

}  // namespace
}  // namespace watchrig::devices

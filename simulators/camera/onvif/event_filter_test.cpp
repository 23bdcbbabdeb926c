#include "simulators/camera/onvif/event_filter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace watchrig::camera {
namespace {

constexpr auto wrong_content = "wsnt:InvalidMessageContentExpressionFault";

/// The last subcode of the fault that refuses a filter of these expressions; empty when it is taken.
std::string read(const std::vector<std::string>& expressions, EventFilter& found) {
  pugi::xml_document document;
  auto filter = document.append_child("Filter");
  filter.append_attribute("xmlns:q") = std::string(protocols::uri_of_prefix("tt")).c_str();
  for (const auto& expression : expressions) {
    auto node = filter.append_child("MessageContent");
    node.append_attribute("Dialect") = std::string(item_filter_dialect).c_str();
    node.text() = expression.c_str();
  }
  const auto refused = EventFilter::read(filter, {}, found);
  return refused ? refused->subcodes.back() : std::string();
}

std::string read(const std::string& expression) {
  EventFilter found;
  return read(std::vector{expression}, found);
}

EventMessage message_of_input(std::string value) {
  const auto& topic = event_topics().front();
  return {{&topic, 1, {"input-1"}, std::move(value)}, PropertyOperation::changed, {}};
}

TEST(EventFilter, TakesMessagesByWhatItsExpressionsSayOfItems) {
  const std::string on = R"(boolean(//q:SimpleItem[@Name="LogicalState" and @Value="true"]))";
  const std::string first =
      R"(boolean( //q:SimpleItem[ (@Name = 'InputToken') and not(@Value='input-2') ] ))";
  for (const auto& both :
       {std::vector{on, first}, std::vector{fmt::format("({}) and not(not({}))", on, first)}}) {
    EventFilter found;
    ASSERT_EQ(read(both, found), "") << both.front();
    EXPECT_TRUE(found.takes(message_of_input("true")));
    EXPECT_FALSE(found.takes(message_of_input("false")));
  }
}

TEST(EventFilter, RefusesWhatXPathHasBeyondItemFilters) {
  std::string nested = "false()";
  for (int level = 0; level < 20; ++level) nested.insert(0, "//*[").append("]");
  for (const auto& text :
       {fmt::format("boolean({})", nested),
        std::string("boolean(//q:SimpleItem[//q:SimpleItem[@Name=\"a\"]])"),
        std::string("boolean(//q:SimpleItem//q:SimpleItem[@Name=\"a\"])"),
        std::string("boolean(//*[@Name=\"a\"])"),
        std::string("boolean(//q:SimpleItem[@Name=\"a\"][@Name=\"a\"])"),
        std::string("count(//q:SimpleItem) > 1"), std::string("boolean(//q:SimpleItem[@Name=@Value])"),
        std::string("boolean(//q:SimpleItem[@Name=\"a])"),
        std::string("boolean(//q:SimpleItem[@Name=\"a\"]) or"), std::string("boolean(("), std::string()})
    EXPECT_EQ(read(text), wrong_content) << text;
}

TEST(EventFilter, TakesOnlyTopicsThatTheCameraHas) {
  const std::vector motion{event_topic("motion")}, both{event_topic("motion"), event_topic("crossed")};
  const auto refused = [](EventFilter::Topics offered, const char* topic) {
    pugi::xml_document document;
    auto node = document.append_child("Filter").append_child("TopicExpression");
    node.append_attribute("xmlns:tns1") = std::string(protocols::uri_of_prefix("tns1")).c_str();
    node.append_attribute("Dialect") = std::string(concrete_set_dialect).c_str();
    node.text() = topic;
    EventFilter found;
    const auto outcome = EventFilter::read(document.first_child(), offered, found);
    return outcome ? outcome->subcodes.back() : std::string();
  };
  for (const char* topic : {"tns1:RuleEngine/LineDetector/Crossed", "tns1:RuleEngine//."}) {
    EXPECT_EQ(refused(motion, topic), "wsnt:TopicNotSupportedFault") << topic;
    EXPECT_EQ(refused(both, topic), "") << topic;
  }
  EXPECT_EQ(refused(motion, "tns1:VideoSource/MotionAlarm"), "");
}

TEST(EventFilter, HasEightExpressionsAtMostEachOfAThousandBytes) {
  const std::string one = R"(boolean(//q:SimpleItem[@Name="a"]))";
  EventFilter found;
  EXPECT_EQ(read(std::vector(EventFilter::most, one), found), "");
  EXPECT_EQ(read(std::vector(EventFilter::most + 1, one), found), "wsnt:InvalidFilterFault");
  const std::string longest = one + std::string(EventFilter::longest - one.size(), ' ');
  EXPECT_EQ(read(longest), "");
  EXPECT_EQ(read(longest + " "), "wsnt:InvalidFilterFault");
}

}  // namespace
}  // namespace watchrig::camera

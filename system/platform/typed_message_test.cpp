#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "system/platform/role_messages.hpp"

namespace watchrig::platform {
namespace {

namespace json = boost::json;

TEST(TypedMessageTest, GoesToJsonAndBack) {
  const auto bind = to_message(central_role, storage_role, BindDevice{"d1", true});
  EXPECT_EQ(bind.name, "bind_device");
  EXPECT_EQ(bind.from, "central");
  EXPECT_EQ(bind.to, "storage");
  EXPECT_EQ(json::serialize(bind.body), R"({"device":"d1","continued":true})");
  EXPECT_TRUE(from_message<BindDevice>(bind)->continued);

  const auto unbind = to_message(central_role, storage_role, UnbindDevice{"d1", {"c1", "c2"}});
  EXPECT_EQ(json::serialize(unbind.body), R"({"device":"d1","channels":["c1","c2"]})");
  EXPECT_EQ(from_message<UnbindDevice>(unbind)->channels, (std::vector<std::string>{"c1", "c2"}));

  const auto alarm = to_message(
      storage_role, central_role,
      AlarmNotify{"recording.failed", "c1", "Gate", "disk", "it is full", {{"volume", "v1"}, {"free", 0}}});
  EXPECT_EQ(from_message<AlarmNotify>(alarm)->data.at("volume"), "v1");
  EXPECT_TRUE(from_message<KeepAlive>(to_message("a", "b", KeepAlive{})));
}

TEST(TypedMessageTest, RefusesWhatIsMissingOrOfAnotherTypeAndNamesIt) {
  const auto with = [](const char* body) {
    return Message{"unbind_device", "central", "storage", {}, json::parse(body).as_object(), 0, {}};
  };
  EXPECT_TRUE(from_message<UnbindDevice>(with(R"({"device":"d1","channels":[],"newer":1})")));
  for (const char* body : {R"({"device":"d1"})", R"({"device":"d1","channels":"c1"})",
                           R"({"device":"d1","channels":["c1",2]})", R"({"device":"d1","channels":null})"}) {
    const auto read = from_message<UnbindDevice>(with(body));
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, base::ErrorKind::invalid);
    EXPECT_NE(read.error().message.find("channels"), std::string::npos) << read.error().message;
  }
  EXPECT_FALSE(from_message<UnbindDevice>(with(R"({"device":1,"channels":[]})")));
}

TEST(TypedMessageTest, RefusesAnotherMessage) {
  const auto read = from_message<BindDevice>(to_message("central", "storage", KeepAlive{}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, base::ErrorKind::unsupported);
}

}  // namespace
}  // namespace watchrig::platform

#include "system/central/mail/mail_settings.hpp"

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Values of the section, the others as nobody has set them.
boost::json::object values_with(const boost::json::object& set) {
  boost::json::object values;
  for (const auto& field : mail_section().fields) values[field.name] = field.fallback;
  for (const auto& [name, value] : set) values[name] = value;
  return values;
}

std::string refused_field(const boost::json::object& set) {
  const auto checked = mail_section().rule(values_with(set));
  return checked ? std::string() : checked.error().field;
}

TEST(MailSettingsTest, addresses_and_hosts_are_checked) {
  EXPECT_EQ(refused_field({}), "");
  EXPECT_EQ(refused_field({{"sender", "nobody"}}), "sender");
  EXPECT_EQ(refused_field({{"receivers", {"a@example.org", "nobody"}}}), "receivers");
  EXPECT_EQ(refused_field({{"server", "mail.example.org/x"}}), "server");
  EXPECT_EQ(refused_field({{"server", "2001:db8::1"}}), "");
}

TEST(MailSettingsTest, a_provider_stands_for_server_port_and_encryption) {
  const auto setup = mail_setup(values_with({{"type", "gmail"}, {"server", "x"}, {"sender", "a@gmail.com"}}));
  ASSERT_TRUE(setup);
  EXPECT_EQ(setup->server.host, "smtp.gmail.com");
  EXPECT_EQ(setup->server.port, 587U);
  EXPECT_EQ(setup->server.encryption, platform::MailEncryption::tls);
}

TEST(MailSettingsTest, what_is_missing_is_named) {
  EXPECT_EQ(mail_setup(values_with({})).error().field, "server");
  EXPECT_EQ(mail_setup(values_with({{"server", "mail.example.org"}})).error().field, "sender");
}

TEST(MailSettingsTest, settings_that_a_provider_does_not_take_are_warned_of) {
  const auto warnings = [](std::string server, int port, std::string encryption) {
    return mail_warnings(values_with({{"server", server}, {"port", port}, {"encryption", encryption}}));
  };
  EXPECT_THAT(warnings("smtp.qq.com", 465, "ssl"), ElementsAre(HasSubstr("authorisation code")));
  EXPECT_THAT(warnings("smtp.qq.com", 25, "none"),
              ElementsAre(HasSubstr("known to take ssl on port 465, not none"), HasSubstr("authorisation")));
  EXPECT_THAT(warnings("smtp.163.com", 994, "ssl"), ElementsAre(HasSubstr("authorisation code")));
  EXPECT_THAT(warnings("mail.example.org", 25, "none"), IsEmpty());
  EXPECT_THAT(mail_warnings(values_with({{"server", "mail.example.org"}, {"username", "a"}})),
              ElementsAre(HasSubstr("can be read on the way")));
}

}  // namespace
}  // namespace watchrig::central

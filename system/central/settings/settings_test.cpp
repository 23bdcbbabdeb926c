#include "system/central/settings/settings.hpp"

#include <fstream>

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using base::ErrorKind;

const std::vector<SettingSection>& sections() {
  static const std::vector<SettingSection> list{
      {"mail",
       "",
       {flag_setting("enabled", false, ""), port_setting("port", 25, ""), text_setting("server", "", 8, ""),
        choice_setting("encryption", {"none", "tls"}, ""), texts_setting("receivers", 2, ""),
        secret_setting("password", 64, "")},
       [](const json::object& values) -> FieldResult<void> {
         if (!values.at("enabled").as_bool() || !values.at("server").as_string().empty()) return {};
         return FieldError{"server", {ErrorKind::invalid, "is missing"}};
       },
       false,
       {"server", "encryption"}}};
  return list;
}

class SettingsTest : public FolderTest {
 protected:
  void SetUp() override { open(); }

  void open(FixedSettings fixed = {}) {
    settings.reset();
    vault =
        std::make_unique<platform::SecretVault>(platform::SecretVault::open(folder / "secrets.key").value());
    settings = Settings::open(folder / "settings.db", *vault, std::move(fixed), sections()).value();
  }
  /// The field that is refused; empty when none is.
  std::string refused(const json::object& patch) {
    const auto before = settings->values("mail");
    const auto changed = settings->change("mail", patch);
    if (changed) return {};
    EXPECT_EQ(settings->values("mail").values, before.values);
    EXPECT_EQ(settings->values("mail").revision, before.revision);
    return changed.error().field;
  }

  std::unique_ptr<platform::SecretVault> vault;
  std::unique_ptr<Settings> settings;
};

TEST_F(SettingsTest, AChangeLeavesTheOthersAndStaysOverARestart) {
  ASSERT_TRUE(settings->change("mail", {{"server", "mx"}, {"enabled", true}}));
  const auto changed = settings->change("mail", {{"port", 465}});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->before.values.at("port"), 25);
  EXPECT_EQ(changed->after.values.at("port"), 465);
  open();
  EXPECT_EQ(settings->number("mail", "port"), 465);
  EXPECT_EQ(settings->text("mail", "server"), "mx");
  EXPECT_TRUE(settings->flag("mail", "enabled"));
  EXPECT_EQ(settings->text("mail", "encryption"), "none");
  EXPECT_EQ(settings->values("mail").revision, 2);
}

TEST_F(SettingsTest, ValuesHoldTheirRangesAndAWrongOneChangesNothing) {
  for (const json::object& patch : std::vector<json::object>{{{"port", 1}},
                                                             {{"port", 65535}},
                                                             {{"server", "12345678"}},
                                                             {{"encryption", "tls"}},
                                                             {{"receivers", json::array{"a@b", "c@d"}}}}) {
    EXPECT_EQ(refused(patch), "") << patch;
  }
  for (const json::object& patch :
       std::vector<json::object>{{{"port", 0}},
                                 {{"port", 65536}},
                                 {{"port", "25"}},
                                 {{"port", 25.5}},
                                 {{"server", "123456789"}},
                                 {{"server", "a\nb"}},
                                 {{"server", nullptr}},
                                 {{"encryption", "rot13"}},
                                 {{"receivers", json::array{"a@b", "c@d", "e@f"}}},
                                 {{"receivers", json::array{""}}},
                                 {{"receivers", json::array{1}}},
                                 {{"enabled", 1}}}) {
    EXPECT_EQ(refused(patch), patch.begin()->key()) << patch;
  }
  EXPECT_EQ(refused({{"colour", "red"}}), "colour");
  EXPECT_EQ(refused({{"port", 26}, {"colour", "red"}}), "colour");
  EXPECT_EQ(settings->change("fax", {}).error().error.kind, ErrorKind::not_found);
}

TEST_F(SettingsTest, RulesBetweenFieldsHold) {
  EXPECT_EQ(refused({{"enabled", true}}), "server");
  EXPECT_EQ(refused({{"enabled", true}, {"server", "mx"}}), "");
  EXPECT_EQ(refused({{"server", ""}}), "server");
  settings->add_rule("mail", [](const json::object& values) -> FieldResult<void> {
    if (values.at("port") != 26) return {};
    return FieldError{"port", {ErrorKind::conflict, "is in use"}};
  });
  EXPECT_EQ(refused({{"port", 26}}), "port");
  EXPECT_EQ(refused({{"port", 27}}), "");
}

TEST_F(SettingsTest, ASecondChangeOnAnOldRevisionIsRefused) {
  const auto revision = settings->values("mail").revision;
  ASSERT_TRUE(settings->change("mail", {{"port", 26}}, revision));
  EXPECT_EQ(settings->change("mail", {{"port", 27}}, revision).error().field, "If-Match");
  EXPECT_EQ(settings->number("mail", "port"), 26);
}

TEST_F(SettingsTest, WhatWasGivenAtTheStartStays) {
  ASSERT_TRUE(settings->change("mail", {{"port", 26}}));
  open({{"mail.port", 0}});
  EXPECT_EQ(settings->number("mail", "port"), 0);
  const auto changed = settings->change("mail", {{"port", 27}});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().error.kind, ErrorKind::conflict);
  EXPECT_TRUE(settings->change("mail", {{"server", "mx"}}));
  open();
  EXPECT_EQ(settings->number("mail", "port"), 26);
}

TEST_F(SettingsTest, WhatIsGivenAtTheStartKeepsTheRulesToo) {
  settings.reset();
  const auto opened = Settings::open(folder / "settings.db", *vault, {{"mail.enabled", true}}, sections());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("mail"), std::string::npos) << opened.error().message;
  open({{"mail.enabled", true}, {"mail.server", "mx"}});
  EXPECT_TRUE(settings->is_fixed("mail", "enabled"));
  EXPECT_FALSE(settings->is_fixed("mail", "port"));
}

TEST_F(SettingsTest, ASecretIsNotSentToAnotherServerThanItWasGivenFor) {
  ASSERT_TRUE(settings->change("mail", {{"server", "mx"}, {"encryption", "tls"}}));
  ASSERT_TRUE(settings->change("mail", {{"password", "Gate7.Yard2"}}));
  EXPECT_EQ(refused({{"server", "thief"}}), "password");
  EXPECT_EQ(refused({{"encryption", "none"}}), "password");
  EXPECT_EQ(refused({{"server", "mx"}, {"port", 26}}), "");
  EXPECT_EQ(refused({{"server", "mx2"}, {"password", "Other.Pass1"}}), "");
  EXPECT_EQ(refused({{"server", "mx3"}, {"password", ""}}), "");
}

TEST_F(SettingsTest, SecretsAreSealedAndNotShown) {
  ASSERT_TRUE(settings->change("mail", {{"password", "Gate7.Yard2"}}));
  open();
  EXPECT_EQ(settings->text("mail", "password"), "Gate7.Yard2");
  const auto shown = Settings::shown(sections().front(), settings->values("mail").values);
  EXPECT_EQ(shown.at("password_set"), true);
  EXPECT_FALSE(shown.contains("password"));
  settings.reset();
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(content.find("Gate7"), std::string::npos) << entry.path();
  }
}

TEST_F(SettingsTest, ALostKeyEmptiesASecretAndNothingElse) {
  ASSERT_TRUE(settings->change("mail", {{"password", "Gate7.Yard2"}, {"port", 26}}));
  fs::remove(folder / "secrets.key");
  open();
  EXPECT_EQ(settings->text("mail", "password"), "");
  EXPECT_EQ(settings->number("mail", "port"), 26);
}

TEST_F(SettingsTest, ListenersHearOfWhatHasChanged) {
  int heard = 0;
  settings->listen("mail", [&](const Settings::Change& change) {
    ++heard;
    EXPECT_EQ(settings->number("mail", "port"), change.after.values.at("port").as_int64());
  });
  ASSERT_TRUE(settings->change("mail", {{"port", 26}}));
  ASSERT_FALSE(settings->change("mail", {{"port", 0}}));
  EXPECT_EQ(heard, 1);
}

TEST(SettingSections, EveryDefaultIsAllowed) {
  for (const auto& section : setting_sections()) {
    json::object values;
    for (const auto& field : section.fields) {
      EXPECT_TRUE(field.check(field.fallback)) << section.name << "." << field.name;
      EXPECT_FALSE(field.meaning.empty()) << section.name << "." << field.name;
      values[field.name] = field.fallback;
    }
    if (section.rule) {
      EXPECT_TRUE(section.rule(values)) << section.name;
    }
  }
}

TEST(SettingSections, TextsOfTheCommandLine) {
  FixedSettings fixed;
  EXPECT_TRUE(fix_setting(fixed, "http.port", "0"));
  EXPECT_EQ(fixed.at("http.port"), 0);
  for (const char* name : {"http", "http.", ".port", "port", "http.ports", ""})
    EXPECT_FALSE(fix_setting(fixed, name, "1")) << name;
  for (const char* port : {"-1", "65536", "1x", ""})
    EXPECT_FALSE(fix_setting(fixed, "http.port", port)) << port;
}

}  // namespace
}  // namespace watchrig::central

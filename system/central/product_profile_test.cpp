#include "system/central/product_profile.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

#include "system/central/accounts/accounts.hpp"
#include "system/central/accounts/onvif_accounts.hpp"
#include "system/central/accounts/password.hpp"
#include "system/central/layouts/layout_store.hpp"
#include "system/central/settings/settings.hpp"
#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

namespace json = boost::json;

constexpr std::int64_t gibi = 1 << 30;

const ProductProfile& profile(std::string_view name) { return *find_profile(name); }

Product product(std::string_view profile, std::string_view ports = "development") {
  return {find_profile(profile), find_ports(ports)};
}

TEST(ProductProfile, TheServerManualIsTheDefault) {
  EXPECT_EQ(default_profile().name, "ivss");
  EXPECT_EQ(Product{}.profile, &default_profile());
  EXPECT_EQ(Product{}.ports->name, "development");
  for (const auto* name : {"", "IVSS", "ivss ", "other"}) {
    EXPECT_EQ(find_profile(name), nullptr) << name;
    EXPECT_EQ(find_ports(name), nullptr) << name;
  }
}

TEST(ProductProfile, AColonAndMixedCaseAreForTheMicroServerOnly) {
  struct Case {
    const char* password;
    bool ivss, micro;
  };
  for (const auto& [password, ivss, micro] :
       {Case{"k7Pw:x2z", false, true}, Case{"kWqzmRtp", false, true}, Case{"kwqzmrtp", false, false},
        Case{"k7Pw.x2z", true, true}, Case{"k7Pw;x2z", false, false}, Case{"k7Pw&x2z", false, false},
        Case{"k7Pw'x2z", false, false}, Case{"k7Pw\"x2z", false, false}, Case{"k7Pw.x2", false, false},
        Case{"KWQZMRTP", false, false}, Case{"k7Pw.345", false, false}}) {
    EXPECT_EQ(check_password(password, "admin", profile("ivss").password).has_value(), ivss) << password;
    EXPECT_EQ(check_password(password, "admin", profile("platform").password).has_value(), ivss) << password;
    EXPECT_EQ(check_password(password, "admin", profile("micro").password).has_value(), micro) << password;
  }
  EXPECT_EQ(check_password("k7Pw&x2z", "admin", profile("micro").password).error().message,
            "a password must not have any of ' \" ; &");
  EXPECT_EQ(check_password("kwqzmrtp", "admin", profile("micro").password).error().message,
            "a password has at least two of lower case, upper case, digits and symbols");
  EXPECT_EQ(password_strength("k7Pw:x2z", "admin", profile("ivss").password), PasswordStrength::weak);
  EXPECT_EQ(password_strength("k7Pw:x2z", "admin", profile("micro").password), PasswordStrength::medium);
}

TEST(ProductProfile, PortsAreThoseOfTheManualsWhenAskedFor) {
  const auto port = [](std::string_view section, std::string_view ports) {
    const auto sections = setting_sections(product("ivss", ports));
    const auto found = std::ranges::find(sections, section, &SettingSection::name);
    return found->find("port")->fallback;
  };
  EXPECT_EQ(port("http", "development"), 8080);
  EXPECT_EQ(port("http", "standard"), 80);
  EXPECT_EQ(port("https", "standard"), 443);
  EXPECT_EQ(port("rtsp", "standard"), 554);
  EXPECT_EQ(port("device_registration", "development"), 7000);
  EXPECT_EQ(port("device_registration", "standard"), 37777);
}

TEST(ProductProfile, AFixedSettingKeepsTheLimitsOfTheProduct) {
  FixedSettings fixed;
  ASSERT_TRUE(fix_setting(fixed, "storage.reserve_bytes", "1073741823"));
  EXPECT_TRUE(check_settings(fixed, product("ivss")));
  EXPECT_TRUE(check_settings(fixed, product("micro")));
  const auto refused = check_settings(fixed, product("platform"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "product.profile=platform: storage: reserve_bytes must be a whole number from 1073741824 to "
            "17592186044416");
  ASSERT_TRUE(fix_setting(fixed, "storage.reserve_bytes", "1073741824"));
  ASSERT_TRUE(fix_setting(fixed, "device_registration.port", "0"));
  EXPECT_TRUE(check_settings(fixed, product("platform")));
  EXPECT_FALSE(fix_setting(fixed, "device_registration.port", "1024"));
  EXPECT_TRUE(fix_setting(fixed, "device_registration.port", "1025"));
}

class ProductProfileTest : public FolderTest {
 protected:
  void open_settings(std::string_view profile) {
    settings.reset();
    vault =
        std::make_unique<platform::SecretVault>(platform::SecretVault::open(folder / "secrets.key").value());
    settings = Settings::open(folder / "settings.db", *vault, {}, setting_sections(product(profile))).value();
  }
  void open_layouts(std::string_view name) {
    layouts.reset();
    layouts = LayoutStore::open(folder / "layouts.db", profile(name)).value();
  }
  static Layout view(const std::string& name, int window) {
    json::array windows;
    windows.push_back({{"window", window}, {"channel", "c1"}});
    return {LayoutKind::view, 0, 1, name, {{"windows", windows}}, 1};
  }
  bool move_to(const std::string& id, int window) {
    return layouts
        ->change(LayoutKind::view, id,
                 [&](Layout& layout) -> FieldResult<void> {
                   layout.content = view({}, window).content;
                   return {};
                 })
        .has_value();
  }

  base::Clock clock;
  std::unique_ptr<platform::SecretVault> vault;
  std::unique_ptr<Settings> settings;
  std::unique_ptr<LayoutStore> layouts;
};

TEST_F(ProductProfileTest, ThePlatformKeepsAGibibyteFree) {
  open_settings("ivss");
  EXPECT_EQ(settings->number("storage", "reserve_bytes"), 64 << 20);
  EXPECT_TRUE(settings->change("storage", {{"reserve_bytes", 0}}));
  open_settings("platform");
  EXPECT_FALSE(settings->change("storage", {{"reserve_bytes", gibi - 1}}));
  EXPECT_TRUE(settings->change("storage", {{"reserve_bytes", gibi}}));
}

TEST_F(ProductProfileTest, ADefaultIsTheProfilesUntilSomebodySetsAValueWhichStays) {
  open_settings("platform");
  EXPECT_EQ(settings->number("storage", "reserve_bytes"), gibi);
  open_settings("micro");
  EXPECT_EQ(settings->number("storage", "reserve_bytes"), 64 << 20);
  ASSERT_TRUE(settings->change("storage", {{"reserve_bytes", 1000}}));
  open_settings("platform");
  EXPECT_EQ(settings->number("storage", "reserve_bytes"), 1000);
  EXPECT_TRUE(settings->change("storage", {{"reserve_bytes", 1000}, {"segment_bytes", 1 << 20}}))
      << "as it was";
  EXPECT_FALSE(settings->change("storage", {{"reserve_bytes", 1001}}));
  open_settings("platform");
  EXPECT_EQ(settings->number("storage", "reserve_bytes"), 1000) << "a change of another field keeps it";
}

TEST_F(ProductProfileTest, AViewHasAsManyWindowsAsItsProfile) {
  for (const auto& [name, most] : {std::pair("ivss", 36), {"micro", 16}, {"platform", 64}}) {
    open_layouts(name);
    EXPECT_TRUE(layouts->add(view(name, most))) << name;
    EXPECT_EQ(layouts->add(view("wide", most + 1)).error().field, "windows.window") << name;
  }
}

TEST_F(ProductProfileTest, AViewFromAWiderProfileCanStillBeChanged) {
  open_layouts("platform");
  const auto wide = layouts->add(view("wide", 64));
  ASSERT_TRUE(wide);
  open_layouts("micro");
  EXPECT_TRUE(layouts->change(LayoutKind::view, id_of(*wide), [](Layout& layout) -> FieldResult<void> {
    layout.name = "wider";
    return {};
  }));
  for (const auto beyond : {65, 63, 17}) EXPECT_FALSE(move_to(id_of(*wide), beyond)) << beyond;
  EXPECT_TRUE(move_to(id_of(*wide), 64)) << "it had that";
  EXPECT_TRUE(move_to(id_of(*wide), 16));
  EXPECT_FALSE(move_to(id_of(*wide), 17)) << "now it is one of this profile";
}

TEST_F(ProductProfileTest, TheMicroServerNeedsAnAddressForResets) {
  const Initialisation without{"kzmwpqx7", "kzmwpqx7", "", true, false};
  auto accounts = Accounts::open(folder / "micro.db", clock, {}, profile("micro")).value();
  EXPECT_EQ(accounts->initialise(without).error().field, "email_protection");
  EXPECT_TRUE(accounts->initialise({"kzmwPQXv", "kzmwPQXv", "owner@example.org", true}));
  auto owner = accounts->users().at(0);
  owner.email.clear();
  EXPECT_EQ(accounts->change_user(owner).error().field, "email");
  owner.email = "other@example.org";
  EXPECT_TRUE(accounts->change_user(owner));
  accounts = Accounts::open(folder / "ivss.db", clock, {}, profile("ivss")).value();
  EXPECT_FALSE(accounts->initialise({"kzmwPQXv", "kzmwPQXv", "owner@example.org", true}));
  EXPECT_TRUE(accounts->initialise(without));
}

TEST_F(ProductProfileTest, TheMicroServerDoesNotSwitchItsResetsByMailOff) {
  const auto switched_off = [](const std::string& name) {
    const auto sections = setting_sections(product(name));
    const auto section = std::ranges::find(sections, "password_reset", &SettingSection::name);
    const boost::json::object off{{"service", true}, {"email", false}, {"questions", true}};
    return section->rule ? section->rule(off) : FieldResult<void>();
  };
  EXPECT_EQ(switched_off("micro").error().field, "email");
  EXPECT_TRUE(switched_off("ivss"));
}

TEST_F(ProductProfileTest, OnvifUsersHaveTheSamePasswords) {
  vault =
      std::make_unique<platform::SecretVault>(platform::SecretVault::open(folder / "secrets.key").value());
  auto users = OnvifAccounts::open(folder / "onvif.db", *vault, profile("micro").password).value();
  EXPECT_TRUE(users->set_password("admin", "k7Pw:x2z", "k7Pw:x2z"));
  users = OnvifAccounts::open(folder / "onvif.db", *vault, profile("ivss").password).value();
  EXPECT_EQ(users->password("admin"), "k7Pw:x2z") << "what there is stays";
  EXPECT_FALSE(users->set_password("admin", "k8Pw:x2z", "k8Pw:x2z"));
}

}  // namespace
}  // namespace watchrig::central

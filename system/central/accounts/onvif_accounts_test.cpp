#include "system/central/accounts/onvif_accounts.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using base::ErrorKind;
using protocols::UserLevel;
namespace fs = std::filesystem;

class OnvifAccountsTest : public FolderTest {
 protected:
  void SetUp() override { open(); }
  void open() {
    accounts.reset();
    auto key = platform::SecretVault::open(folder / "secrets.key");
    ASSERT_TRUE(key) << key.error().message;
    vault = std::make_unique<platform::SecretVault>(std::move(*key));
    auto opened = OnvifAccounts::open(folder / "onvif_accounts.db", *vault);
    ASSERT_TRUE(opened) << opened.error().message;
    accounts = std::move(*opened);
  }
  std::string refused_field(const OnvifUser& user, const std::string& with = "kzmwpqx7") {
    const auto done = accounts->add(user, with, with);
    return done ? "none" : done.error().field;
  }

  const std::string password = "kzmwpqx7";
  std::unique_ptr<platform::SecretVault> vault;
  std::unique_ptr<OnvifAccounts> accounts;
};

TEST_F(OnvifAccountsTest, admin_is_there_stays_and_is_refused_until_it_has_a_password) {
  ASSERT_EQ(accounts->users().size(), 1U);
  EXPECT_EQ(accounts->users().front().name, "admin");
  EXPECT_FALSE(accounts->password("admin"));
  EXPECT_EQ(accounts->remove("admin").error().kind, ErrorKind::denied);
  EXPECT_EQ(accounts->change({"admin", UserLevel::user}).error().field, "group");
  ASSERT_TRUE(accounts->set_password("admin", password, password));
  EXPECT_EQ(accounts->password("admin"), password);
  EXPECT_EQ(accounts->remove("admin").error().kind, ErrorKind::denied);
}

TEST_F(OnvifAccountsTest, users_are_kept_over_restarts_and_their_passwords_are_not_readable) {
  ASSERT_TRUE(accounts->add({"gate", UserLevel::operating, "of the gate house"}, password, password));
  open();
  const auto user = accounts->find("gate");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->level, UserLevel::operating);
  EXPECT_EQ(user->description, "of the gate house");
  EXPECT_EQ(accounts->password("gate"), password);
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(bytes.find(password), std::string::npos) << entry.path();
  }
  ASSERT_TRUE(accounts->change({"gate", UserLevel::user, ""}));
  ASSERT_TRUE(accounts->set_password("gate", "other7pass", "other7pass"));
  open();
  EXPECT_EQ(accounts->find("gate")->level, UserLevel::user);
  EXPECT_EQ(accounts->password("gate"), "other7pass");
  ASSERT_TRUE(accounts->remove("gate"));
  open();
  EXPECT_FALSE(accounts->find("gate"));
  EXPECT_FALSE(accounts->password("gate"));
}

TEST_F(OnvifAccountsTest, a_user_whose_key_is_gone_is_refused_until_it_has_another_password) {
  ASSERT_TRUE(accounts->add({"gate", UserLevel::user}, password, password));
  fs::remove(folder / "secrets.key");
  open();
  EXPECT_TRUE(accounts->find("gate")->password_lost);
  EXPECT_FALSE(accounts->password("gate"));
  ASSERT_TRUE(accounts->change({"gate", UserLevel::operating}));
  EXPECT_TRUE(accounts->find("gate")->password_lost);
  ASSERT_TRUE(accounts->set_password("gate", password, password));
  EXPECT_FALSE(accounts->find("gate")->password_lost);
  EXPECT_EQ(accounts->password("gate"), password);
}

TEST_F(OnvifAccountsTest, names_passwords_and_their_number_hold_their_rules) {
  EXPECT_EQ(refused_field({std::string(31, 'u')}), "none");
  for (const auto& name : {std::string(), std::string(32, 'u'), std::string("gate 1"), std::string("a:b"),
                           std::string("s1"), std::string("s42")})
    EXPECT_EQ(refused_field({name}), "name") << name;
  EXPECT_EQ(refused_field({"sam"}), "none");
  EXPECT_EQ(refused_field({"admin"}), "name");
  EXPECT_EQ(refused_field({"gate"}, "short7"), "password");
  EXPECT_EQ(refused_field({"gate", UserLevel::user, std::string(256, 'd')}), "description");
  EXPECT_EQ(accounts->add({"gate"}, password, "kzmwpqx8").error().field, "password_again");
  EXPECT_EQ(accounts->set_password("nobody", password, password).error().error.kind, ErrorKind::not_found);
  EXPECT_EQ(accounts->remove("nobody").error().kind, ErrorKind::not_found);
  for (std::size_t i = accounts->users().size(); i < OnvifAccounts::most; ++i)
    ASSERT_EQ(refused_field({"u" + std::to_string(i)}), "none");
  EXPECT_EQ(accounts->add({"more"}, password, password).error().error.kind, ErrorKind::full);
}

TEST_F(OnvifAccountsTest, there_are_three_groups) {
  ASSERT_EQ(onvif_groups().size(), 3U);
  for (const char* name : {"admin", "operator", "user"}) {
    const auto* group = find_onvif_group(name);
    ASSERT_NE(group, nullptr) << name;
    EXPECT_EQ(&onvif_group_of(group->level), group);
  }
  EXPECT_EQ(find_onvif_group("onvif"), nullptr);
}

}  // namespace
}  // namespace watchrig::central

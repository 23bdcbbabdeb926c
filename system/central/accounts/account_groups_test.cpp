#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/central/accounts/accounts.hpp"
#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;

class AccountGroupsTest : public FolderTest {
 protected:
  void SetUp() override {
    open();
    ASSERT_TRUE(accounts->initialise({password, password, "owner@example.org", true}));
    ASSERT_TRUE(accounts->add_group({"guards", {{Authority::live, std::nullopt}}}));
  }
  void open() {
    accounts.reset();
    auto opened = Accounts::open(folder / "accounts.db", clock);
    ASSERT_TRUE(opened) << opened.error().message;
    accounts = std::move(*opened);
  }
  std::string refused_field(const User& user, const std::string& with = "kzmwpqx7") {
    const auto done = accounts->add_user(user, with, with);
    return done ? "none" : done.error().field;
  }

  const std::string password = "kzmwpqx7";
  base::Clock clock;
  std::unique_ptr<Accounts> accounts;
};

TEST_F(AccountGroupsTest, sixty_four_groups_beside_the_fixed_ones_and_no_more) {
  for (int i = 1; i < 64; ++i) ASSERT_TRUE(accounts->add_group({"g" + std::to_string(i), {}})) << i;
  EXPECT_EQ(accounts->add_group({"g64", {}}).error().error.kind, ErrorKind::full);
  ASSERT_TRUE(accounts->remove_group("g1"));
  EXPECT_TRUE(accounts->add_group({"g64", {}}));
  EXPECT_EQ(accounts->groups().size(), 66U);
}

TEST_F(AccountGroupsTest, a_thousand_users_and_no_more) {
  {
    // Each added by the front door would be hashed: minutes.
    auto database = platform::SqliteDatabase::open(folder / "accounts.db").value();
    const std::string copies = fmt::format(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
        "INSERT INTO account(name, password, email, password_set, member_of) "
        "SELECT 'user' || i, (SELECT password FROM account), '', 0, 'guards' FROM n",
        Accounts::most_users - 2);
    ASSERT_TRUE(database.execute(copies));
  }
  open();
  ASSERT_EQ(accounts->users().size(), Accounts::most_users - 1);
  ASSERT_EQ(refused_field({"last", "guards", {}}), "none");
  const auto more = accounts->add_user({"more", "guards", {}}, password, password);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().error.kind, ErrorKind::full);
  EXPECT_THAT(more.error().error.message, HasSubstr("1000 users"));
  ASSERT_TRUE(accounts->remove_user("user7"));
  EXPECT_EQ(refused_field({"more", "guards", {}}), "none");
}

TEST_F(AccountGroupsTest, names_hold_their_rules_at_the_edge) {
  EXPECT_TRUE(accounts->add_group({std::string(64, 'g'), {}}));
  for (const auto& name : {std::string(), std::string(65, 'g'), std::string("night shift"),
                           std::string("g-1"), std::string("caf\xc3\xa9"), std::string("a'--")}) {
    EXPECT_EQ(accounts->add_group({name, {}}).error().field, "name") << name;
  }
  EXPECT_EQ(refused_field({std::string(31, 'u'), "guards", {}}), "none");
  EXPECT_EQ(refused_field({"A_z@9.", "guards", {}}), "none");
  EXPECT_EQ(refused_field({std::string(32, 'u'), "guards", {}}), "name");
  EXPECT_EQ(refused_field({"", "guards", {}}), "name");
  EXPECT_EQ(refused_field({"ann lee", "guards", {}}), "name");
  EXPECT_EQ(refused_field({"ann", "guards", {}}, "short7"), "password");
  EXPECT_EQ(refused_field({"ann", "nobodies", {}}), "group");
  EXPECT_EQ(refused_field({"ann", "onvif", {}}), "group");
  EXPECT_EQ(refused_field({"ann", "guards", "ann at home"}), "email");
  EXPECT_EQ(refused_field({"admin", "guards", {}}), "name");
  EXPECT_EQ(accounts->add_group({"guards", {}}).error().error.kind, ErrorKind::conflict);
}

TEST_F(AccountGroupsTest, fixed_groups_stay_as_they_are_and_full_ones_stay) {
  for (const char* fixed : {"admin", "onvif"}) {
    EXPECT_EQ(accounts->remove_group(fixed).error().kind, ErrorKind::denied);
    EXPECT_EQ(accounts->change_group(fixed, {}).error().kind, ErrorKind::denied);
  }
  ASSERT_TRUE(accounts->add_user({"ann", "guards", {}}, password, password));
  EXPECT_EQ(accounts->remove_group("guards").error().kind, ErrorKind::conflict);
  ASSERT_TRUE(accounts->remove_user("ann"));
  EXPECT_TRUE(accounts->remove_group("guards"));
  EXPECT_EQ(accounts->remove_group("guards").error().kind, ErrorKind::not_found);
}

TEST_F(AccountGroupsTest, a_user_is_kept_to_its_areas_over_restarts) {
  ASSERT_TRUE(accounts->add_user({"ann", "guards", "", {7, 12}}, password, password));
  EXPECT_EQ(refused_field({"bob", "admin", "", {7}}), "areas");
  open();
  EXPECT_EQ(accounts->users().back().areas, (Areas{7, 12}));
  EXPECT_FALSE(accounts->rights("ann")->may_everywhere(Authority::live));
  ASSERT_TRUE(accounts->change_user({"ann", "guards", ""}));
  EXPECT_TRUE(accounts->rights("ann")->may_everywhere(Authority::live));
}

TEST_F(AccountGroupsTest, a_user_may_what_its_group_may_at_once_and_over_restarts) {
  ASSERT_TRUE(accounts->add_user({"ann", "guards", "ann@example.org"}, password, password));
  EXPECT_TRUE(accounts->rights("ann")->may(Authority::live));
  EXPECT_FALSE(accounts->rights("ann")->may(Authority::playback));
  ASSERT_TRUE(accounts->change_group("guards", {{Authority::playback, Reach{{"c1"}, {}}}}));
  EXPECT_FALSE(accounts->rights("ann")->may(Authority::live));
  open();
  EXPECT_TRUE(accounts->rights("ann")->may(Authority::playback, "c1"));
  EXPECT_FALSE(accounts->rights("ann")->may(Authority::playback, "c2"));
  EXPECT_TRUE(accounts->check("ann", password));
  ASSERT_TRUE(accounts->change_user({"ann", "admin", "a@example.org"}));
  EXPECT_TRUE(accounts->rights("ann")->is_everything());
  ASSERT_TRUE(accounts->remove_user("ann"));
  EXPECT_FALSE(accounts->rights("ann")->may(Authority::live));
  EXPECT_FALSE(accounts->check("ann", password));
}

TEST_F(AccountGroupsTest, the_administrator_stays) {
  EXPECT_EQ(accounts->remove_user("admin").error().kind, ErrorKind::denied);
  EXPECT_EQ(accounts->change_user({"admin", "guards", {}}).error().field, "group");
  EXPECT_TRUE(accounts->change_user({"admin", "admin", "new@example.org"}));
  EXPECT_TRUE(accounts->rights("admin")->is_everything());
}

TEST_F(AccountGroupsTest, a_password_can_be_set_without_the_old_one) {
  ASSERT_TRUE(accounts->add_user({"ann", "guards", {}}, password, password));
  EXPECT_EQ(accounts->set_password("ann", "short7", "short7").error().field, "password");
  ASSERT_TRUE(accounts->set_password("ann", "nq8wzkpt", "nq8wzkpt"));
  EXPECT_TRUE(accounts->check("ann", "nq8wzkpt"));
  EXPECT_EQ(accounts->set_password("bob", "nq8wzkpt", "nq8wzkpt").error().error.kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace watchrig::central

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "system/central/accounts/accounts.hpp"
#include "system/central/accounts/password.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;

/// accounts.db as programs have made it that people still have: these never change.
const std::vector<std::string_view> released{
    "CREATE TABLE account(name TEXT PRIMARY KEY, password TEXT NOT NULL, email TEXT NOT NULL,"
    " password_set INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE account_group(name TEXT PRIMARY KEY, grants TEXT NOT NULL, fixed INTEGER NOT NULL) WITHOUT "
    "ROWID;"
    "INSERT INTO account_group VALUES('admin', '{}', 1), ('onvif', '{}', 1);"
    "ALTER TABLE account ADD COLUMN member_of TEXT NOT NULL DEFAULT 'admin'",
    "ALTER TABLE account ADD COLUMN hint TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE security_question(account TEXT NOT NULL, position INTEGER NOT NULL, question TEXT NOT NULL,"
    " answer TEXT NOT NULL, PRIMARY KEY(account, position)) WITHOUT ROWID;"
    "CREATE TRIGGER account_gone AFTER DELETE ON account BEGIN"
    " DELETE FROM security_question WHERE account = old.name; END"};

/// What each of them could keep, beside what those before it could.
const std::vector<std::string_view> rows{
    "INSERT INTO account(name, password, email, password_set) VALUES('admin', ?1, 'owner@example.org', 7)",
    "INSERT INTO account_group VALUES('guards', '{\"live\":[\"c1\"],\"playback\":true}', 0)",
    "INSERT INTO account(name, password, email, password_set, member_of) VALUES('ann', ?1, '', 8, 'guards')",
    "UPDATE account SET hint='the blue one' WHERE name='admin'",
    R"(INSERT INTO security_question VALUES('admin', 0, 'Name of the first dog?', ?2),
       ('admin', 1, 'Town of your school?', ?2))"};
const std::vector<std::size_t> rows_of_version{1, 3, 5};

class AccountVersionsTest : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    make_old(GetParam());
  }
  void TearDown() override { fs::remove_all(folder_); }
  void make_old(std::size_t version) {
    const std::vector steps(released.begin(), released.begin() + static_cast<std::ptrdiff_t>(version));
    auto old = platform::SqliteDatabase::open(folder_ / "accounts.db", steps).value();
    static const auto password = hash_password("kzmwpqx7").value(), answer = hash_password("rex").value();
    for (std::size_t i = 0; i < rows_of_version[version - 1]; ++i) {
      auto row = old.prepare(rows[i]);
      ASSERT_TRUE(row) << row.error().message;
      row->reset();
      if (rows[i].find("?1") != std::string_view::npos) row->bind_at(1, std::string_view(password));
      if (rows[i].find("?2") != std::string_view::npos) row->bind_at(2, std::string_view(answer));
      ASSERT_TRUE(row->run()) << rows[i];
    }
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("account_versions" + std::to_string(::getpid()));
  base::Clock clock_;
};

TEST_P(AccountVersionsTest, everybody_signs_in_as_before) {
  for (const char* start : {"first", "second"}) {
    const auto opened = Accounts::open(folder_ / "accounts.db", clock_);
    ASSERT_TRUE(opened) << start << opened.error().message;
    Accounts& accounts = **opened;
    ASSERT_TRUE(accounts.initialised());
    EXPECT_TRUE(accounts.check("admin", "kzmwpqx7"));
    EXPECT_FALSE(accounts.check("admin", "kzmwpqx8"));
    EXPECT_TRUE(accounts.rights("admin")->is_everything());
    const auto protection = accounts.protection("admin").value();
    EXPECT_EQ(protection.email, "owner@example.org");
    EXPECT_EQ(protection.password_set, base::UtcTime(base::Duration(7)));
    EXPECT_EQ(accounts.groups().size(), GetParam() < 2 ? 2U : 3U);
    ASSERT_EQ(accounts.users().size(), GetParam() < 2 ? 1U : 2U);
    if (GetParam() >= 2) {
      EXPECT_TRUE(accounts.check("ann", "kzmwpqx7"));
      const auto rights = accounts.rights("ann");
      EXPECT_TRUE(rights->may(Authority::live, "c1"));
      EXPECT_FALSE(rights->may(Authority::live, "c2"));
      EXPECT_TRUE(rights->may(Authority::playback, "c2"));
      EXPECT_FALSE(rights->is_kept_to_areas()) << "there were no areas then";
    }
    if (GetParam() >= 3) {
      EXPECT_EQ(protection.hint, "the blue one");
      ASSERT_EQ(protection.questions.size(), 2U);
      EXPECT_EQ(protection.questions[1], "Town of your school?");
      EXPECT_TRUE(accounts.check_answers("admin", {"Rex", "rex"}));
    }
  }
}

TEST_P(AccountVersionsTest, what_came_later_can_be_used) {
  auto accounts = Accounts::open(folder_ / "accounts.db", clock_).value();
  ASSERT_TRUE(accounts->set_hint("admin", "the red one"));
  ASSERT_TRUE(accounts->set_questions("admin", {{"Name of the first cat?", "Tom"}, {"Which town?", "Rome"}}));
  ASSERT_TRUE(accounts->add_group({"wardens", {{Authority::live, std::nullopt}}}));
  ASSERT_TRUE(accounts->add_user({"bob", "wardens", "", {7}}, "kzmwpqx7", "kzmwpqx7"));
  accounts = Accounts::open(folder_ / "accounts.db", clock_).value();
  EXPECT_EQ(accounts->protection("admin")->hint, "the red one");
  EXPECT_TRUE(accounts->check_answers("admin", {"tom", "rome"}));
  EXPECT_TRUE(accounts->rights("bob")->is_kept_to_areas());
}

INSTANTIATE_TEST_SUITE_P(Of, AccountVersionsTest, testing::Values(1, 2, 3));

}  // namespace
}  // namespace watchrig::central

#include "system/platform/sqlite_database.hpp"

#include <fstream>

#include <gtest/gtest.h>

namespace watchrig::platform {
namespace {

class SqliteDatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::path(testing::TempDir()) / "sqlite_database_test.db";
    TearDown();
  }
  void TearDown() override {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_.string() + suffix);
  }
  const std::vector<std::string_view> first_{"CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE)"};
  const std::vector<std::string_view> second_{first_[0],
                                              "ALTER TABLE item ADD COLUMN size INTEGER DEFAULT 7"};
  std::filesystem::path file_;
};

TEST_F(SqliteDatabaseTest, MigratesAndKeepsRows) {
  {
    auto database = SqliteDatabase::open(file_, first_);
    ASSERT_TRUE(database) << database.error().message;
    auto insert = database->prepare("INSERT INTO item(name) VALUES(?)");
    ASSERT_TRUE(insert->bind("a'b\n").run());
    EXPECT_EQ(database->last_insert_id(), 1);
  }
  auto database = SqliteDatabase::open(file_, second_);
  ASSERT_TRUE(database) << database.error().message;
  auto query = database->prepare("SELECT name, size FROM item WHERE id=?");
  query->bind(std::int64_t{1});
  ASSERT_TRUE(*query->step());
  EXPECT_EQ(query->text(0), "a'b\n");
  EXPECT_EQ(query->integer(1), 7);
  EXPECT_FALSE(*query->step());
}

TEST_F(SqliteDatabaseTest, ANewerSchemaIsRefusedWithARemedy) {
  ASSERT_TRUE(SqliteDatabase::open(file_, second_));
  const auto database = SqliteDatabase::open(file_, first_);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().kind, base::ErrorKind::unsupported);
  EXPECT_NE(database.error().message.find("newer program"), std::string::npos);
}

TEST_F(SqliteDatabaseTest, AConstraintIsAConflictAndNothingChanges) {
  auto database = SqliteDatabase::open(file_, first_);
  auto insert = database->prepare("INSERT INTO item(name) VALUES(?)");
  ASSERT_TRUE(insert->bind("a").run());
  const auto again = insert->bind("a").run();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, base::ErrorKind::conflict);
  EXPECT_TRUE(insert->bind("b").run());
}

TEST_F(SqliteDatabaseTest, AForeignFileIsCorruptAndNamed) {
  std::ofstream(file_) << std::string(5000, 'x');
  const auto database = SqliteDatabase::open(file_, first_);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().kind, base::ErrorKind::corrupt);
  EXPECT_NE(database.error().message.find(file_.string()), std::string::npos);
}

}  // namespace
}  // namespace watchrig::platform

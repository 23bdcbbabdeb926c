#include "system/platform/database_backups.hpp"

#include <fstream>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/platform/sqlite_database.hpp"

namespace watchrig::platform {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using testing::HasSubstr;

class DatabaseBackupsTest : public testing::Test {
 protected:
  DatabaseBackupsTest() : folder_(fs::temp_directory_path() / ("backups." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    put("a.db", 1);
    put("b.db", 1);
  }
  ~DatabaseBackupsTest() override { fs::remove_all(folder_); }

  void put(const std::string& name, std::int64_t value) {
    auto database = *SqliteDatabase::open(folder_ / name);
    ASSERT_TRUE(database.execute("CREATE TABLE IF NOT EXISTS t(x INTEGER, filler BLOB)"));
    auto insert = *database.prepare("INSERT INTO t VALUES(?, randomblob(20000))");
    ASSERT_TRUE(insert.bind(value).run());
  }
  std::int64_t sum(const std::string& name) {
    auto database = *SqliteDatabase::open(folder_ / name);
    auto query = *database.prepare("SELECT total(x) FROM t");
    EXPECT_TRUE(query.step());
    return query.integer(0);
  }
  void overwrite(const std::string& name, std::size_t at, const std::string& bytes) {
    std::fstream file(folder_ / name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
  }

  const fs::path folder_;
  base::ManualClock clock_{base::UtcTime(std::chrono::hours(24 * 365 * 50))};
  DatabaseBackups backups_{folder_, {"a.db", "b.db", "later.db"}, clock_};
};

TEST_F(DatabaseBackupsTest, AreMadeOnlyWhenSomethingChanged) {
  const auto first = backups_.make();
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, "20191220T000000Z");
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(*backups_.make(), "");
  put("a.db", 2);
  EXPECT_EQ(*backups_.make(), "20191220T000100Z");
  EXPECT_EQ(backups_.names(true), (std::vector<std::string>{"20191220T000100Z", "20191220T000000Z"}));
  EXPECT_TRUE(backups_.check());
}

TEST_F(DatabaseBackupsTest, WhatHasNotChangedIsNotCopiedAgain) {
  ASSERT_TRUE(backups_.make());
  clock_.advance(std::chrono::minutes(1));
  put("a.db", 2);
  ASSERT_TRUE(backups_.make());
  const auto first = folder_ / "backups/20191220T000000Z";
  const auto second = folder_ / "backups/20191220T000100Z";
  EXPECT_FALSE(fs::equivalent(first / "a.db", second / "a.db"));
  EXPECT_TRUE(fs::equivalent(first / "b.db", second / "b.db"));
  backups_.remove("20191220T000100Z");
  clock_.advance(std::chrono::minutes(1));
  put("a.db", 3);
  ASSERT_TRUE(backups_.make()) << "there is nothing to link to";
  ASSERT_TRUE(backups_.restore(""));
  EXPECT_EQ(sum("a.db") + sum("b.db"), 7);
}

TEST_F(DatabaseBackupsTest, ABusyDatabaseIsCopiedOnceAnHourAndWhenAllAreWanted) {
  DatabaseBackups backups{folder_, {"a.db", "b.db"}, clock_, {"b.db"}};
  ASSERT_NE(*backups.make(false), "");
  clock_.advance(std::chrono::minutes(59));
  put("b.db", 2);
  EXPECT_EQ(*backups.make(false), "");
  put("a.db", 2);
  const auto name = *backups.make(false);
  EXPECT_TRUE(fs::equivalent(folder_ / "backups" / name / "b.db", folder_ / "backups/20191220T000000Z/b.db"));
  clock_.advance(std::chrono::minutes(1));
  EXPECT_NE(*backups.make(false), "");
  clock_.advance(std::chrono::minutes(1));
  put("b.db", 3);
  EXPECT_EQ(*backups.make(false), "");
  EXPECT_NE(*backups.make(), "");
}

TEST_F(DatabaseBackupsTest, WhatACrashHasCutShortIsRemoved) {
  const auto cut = folder_ / "backups/20191219T235959Z.new";
  const auto foreign = folder_ / "backups/own.new";
  for (const auto& folder : {cut, foreign}) fs::create_directories(folder);
  ASSERT_TRUE(backups_.make());
  EXPECT_FALSE(fs::exists(cut));
  EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(DatabaseBackupsTest, ADatabaseInAFolderIsPutBackIntoIt) {
  DatabaseBackups backups{folder_, {"a.db", "sub/c.db"}, clock_};
  fs::create_directories(folder_ / "sub");
  put("sub/c.db", 4);
  ASSERT_TRUE(backups.make());
  fs::remove_all(folder_ / "sub");
  EXPECT_THAT(backups.check().error().message, HasSubstr("sub/c.db"));
  ASSERT_TRUE(backups.restore(""));
  EXPECT_EQ(sum("sub/c.db"), 4);
}

TEST_F(DatabaseBackupsTest, ADatabaseThatIsWrittenWithoutPauseIsCopied) {
  for (int i = 0; i < 400; ++i) put("a.db", 0);  // 8 MB
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) put("a.db", 0);
  });
  const auto made = backups_.make();
  writer.request_stop();
  EXPECT_TRUE(made) << made.error().message;
}

TEST_F(DatabaseBackupsTest, ADatabaseThatIsLockedIsNotCalledDamaged) {
  auto writer = *SqliteDatabase::open(folder_ / "a.db");
  ASSERT_TRUE(writer.execute("PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE; INSERT INTO t VALUES(100, NULL)"));
  const auto copied = copy_database(folder_ / "a.db", folder_ / "copy.db");
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, ErrorKind::unavailable) << copied.error().message;
}

TEST_F(DatabaseBackupsTest, AreMadeWhileSomebodyWrites) {
  auto writer = *SqliteDatabase::open(folder_ / "a.db");
  ASSERT_TRUE(writer.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES(100, NULL)"));
  ASSERT_TRUE(backups_.make());
  ASSERT_TRUE(writer.execute("COMMIT"));
  overwrite("b.db", 0, "no database");
  ASSERT_TRUE(backups_.restore(""));
  EXPECT_EQ(sum("a.db"), 1) << "the copy is the state before the transaction";
}

TEST_F(DatabaseBackupsTest, TheNewestThreeStayAndOneADayForAWeek) {
  for (int hour = 0; hour < 10 * 24; hour += 6) {
    put("a.db", 1);
    ASSERT_TRUE(backups_.make());
    clock_.advance(std::chrono::hours(6));
  }
  EXPECT_THAT(backups_.names(false),
              testing::ElementsAre("20191229T180000Z", "20191229T120000Z", "20191229T060000Z",
                                   "20191228T180000Z", "20191227T180000Z", "20191226T180000Z",
                                   "20191225T180000Z", "20191224T180000Z", "20191223T180000Z"));
}

TEST_F(DatabaseBackupsTest, WhateverIsBrokenIsNamedWithTheBackupThatReplacesIt) {
  put("a.db", 5);
  ASSERT_TRUE(backups_.make());
  const auto good = folder_ / "a.db";
  const fs::path kept = folder_ / "kept";
  fs::copy(good, kept);
  const auto size = fs::file_size(good);
  const std::vector<std::pair<const char*, std::function<void()>>> damages{
      {"header", [&] { overwrite("a.db", 0, std::string(100, 'x')); }},
      {"page", [&] { overwrite("a.db", 4096, std::string(4096, '\xff')); }},
      {"truncated", [&] { fs::resize_file(good, size / 2); }},
      {"short", [&] { fs::resize_file(good, 10); }},
      {"empty", [&] { fs::resize_file(good, 0); }},
      {"missing", [&] { fs::remove(good); }},
      {"folder", [&] { fs::remove(good), fs::create_directory(good); }}};
  for (const auto& [what, damage] : damages) {
    fs::remove_all(good);
    fs::remove(folder_ / "a.db-wal");
    fs::remove(folder_ / "a.db-shm");
    fs::copy(kept, good);
    ASSERT_TRUE(backups_.check()) << what;
    damage();
    const auto checked = backups_.check();
    ASSERT_FALSE(checked) << what;
    EXPECT_THAT(checked.error().message, HasSubstr("a.db")) << what;
    EXPECT_THAT(checked.error().message, HasSubstr("--restore-backup")) << what;
    EXPECT_THAT(checked.error().message, HasSubstr("20191220T000000Z")) << what;
    clock_.advance(std::chrono::minutes(1));
    const auto done = backups_.restore("");
    ASSERT_TRUE(done) << what << ": " << done.error().message;
    EXPECT_TRUE(backups_.check()) << what;
    EXPECT_EQ(sum("a.db"), 6) << what;
    EXPECT_THAT(*done, HasSubstr("broken-"));
    const auto aside = done->substr(done->find((folder_ / "broken-").string()));
    EXPECT_EQ(fs::exists(fs::path(aside) / "a.db"), std::string(what) != "missing") << aside;
  }
}

TEST_F(DatabaseBackupsTest, AFileWithoutRightsIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  fs::permissions(folder_ / "a.db", fs::perms::none);
  EXPECT_EQ(backups_.check().error().kind, ErrorKind::denied);
  fs::permissions(folder_ / "a.db", fs::perms::owner_all);
}

TEST_F(DatabaseBackupsTest, ABrokenBackupIsPassedOver) {
  ASSERT_TRUE(backups_.make());
  clock_.advance(std::chrono::minutes(1));
  put("a.db", 7);
  ASSERT_TRUE(backups_.make());
  std::ofstream(folder_ / "backups/20191220T000100Z/a.db", std::ios::trunc) << "x";
  EXPECT_THAT(backups_.names(true), testing::ElementsAre("20191220T000000Z"));
  EXPECT_EQ(backups_.restore("20191220T000100Z").error().kind, ErrorKind::corrupt);
  ASSERT_TRUE(backups_.restore(""));
  EXPECT_EQ(sum("a.db"), 1);
}

TEST_F(DatabaseBackupsTest, NothingIsPutInPlaceByAWrongName) {
  ASSERT_TRUE(backups_.make());
  for (const auto* name : {"../../etc", "20191220T000001Z", "x"})
    EXPECT_EQ(backups_.restore(name).error().kind, ErrorKind::not_found) << name;
  EXPECT_EQ(sum("a.db"), 1);
}

TEST_F(DatabaseBackupsTest, WithoutABackupThereIsStillARemedy) {
  EXPECT_TRUE(backups_.check()) << "later.db was never there";
  overwrite("a.db", 0, std::string(100, 'x'));
  const auto checked = backups_.check();
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("no sound backup"));
  EXPECT_EQ(backups_.restore("").error().kind, ErrorKind::not_found);
  EXPECT_FALSE(backups_.make());
  EXPECT_THAT(backups_.names(false), testing::IsEmpty());
}

}  // namespace
}  // namespace watchrig::platform

#include "system/central/maintenance/upgrade_store.hpp"

#include <fstream>
#include <set>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/central/maintenance/installed_program.hpp"
#include "system/central/maintenance/testing/test_maker.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;

constexpr base::UtcTime start{std::chrono::days(20'000)};
constexpr ProgramVersion old_version{1, 0, 0};
constexpr ProgramVersion new_version{1, 0, 1};

class UpgradeStoreTest : public ::testing::Test {
 protected:
  UpgradeStoreTest() : folder_(fs::path(::testing::TempDir()) / ("upgrades." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~UpgradeStoreTest() override { fs::remove_all(folder_); }

  fs::path package(const std::string& version, const std::string& kind = "update") {
    const auto file = folder_ / "upload";
    std::ofstream(file, std::ios::binary)
        << maker_.sign(fmt::format("WATCHRIG-UPGRADE 1\nkind: {}\nversion: {}\nmodule: faces\nfile: 3 "
                                   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad vmsd\n",
                                   kind, version))
        << "abc";
    return file;
  }
  std::string refusal(const FieldResult<UpgradePackage>& answer) {
    return answer ? "" : answer.error().field + " " + std::string(to_string(answer.error().error.kind));
  }
  /// Of an upgrade that has itself been installed.
  UpgradeStore store_of(const ProgramVersion& own) {
    return {folder_ / "upgrade", maker_.key(), own,
            [this](const fs::path&, const fs::path&) { return base::Result<std::string>(says_); }, clock_};
  }
  void fail_three_times() {
    for (unsigned i = 0; i < InstalledProgram::most_tries; ++i)
      EXPECT_EQ(next(), folder_ / "upgrade" / says_ / "vmsd") << i;
  }
  std::optional<fs::path> next() {
    return InstalledProgram(folder_ / "upgrade").next(old_version, maker_.key());
  }
  std::optional<InstalledProgram::News> came_up(const ProgramVersion& version) {
    return InstalledProgram(folder_ / "upgrade").came_up(version);
  }

  const fs::path folder_;
  const testing::TestMaker maker_;
  base::ManualClock clock_{start};
  std::string says_ = "1.0.1";  ///< the program, when it is tried
  std::function<void()> during_trial_ = [] {};
  UpgradeStore store_{folder_ / "upgrade", maker_.key(), old_version,
                      [this](const fs::path&, const fs::path&) {
                        during_trial_();
                        return base::Result<std::string>(says_);
                      },
                      clock_};
};

TEST_F(UpgradeStoreTest, a_newer_program_is_run_until_it_has_come_up_and_then_always) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  const auto program = next();
  ASSERT_TRUE(program);
  EXPECT_EQ(*program, folder_ / "upgrade/1.0.1/vmsd");
  EXPECT_EQ(came_up(new_version)->type, "system.upgraded");
  EXPECT_FALSE(came_up(new_version));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(next());
    EXPECT_FALSE(came_up(new_version));
  }
  EXPECT_FALSE(InstalledProgram(folder_ / "upgrade").next(new_version, maker_.key()));
}

TEST_F(UpgradeStoreTest, a_program_that_does_not_come_up_is_run_three_times) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  for (unsigned i = 0; i < InstalledProgram::most_tries; ++i) EXPECT_TRUE(next()) << i;
  EXPECT_FALSE(next());
  EXPECT_EQ(came_up(old_version)->type, "system.upgrade-failed");
  EXPECT_FALSE(next());
  EXPECT_FALSE(came_up(old_version));
}

TEST_F(UpgradeStoreTest, a_program_that_was_changed_on_the_disk_is_not_run) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  std::ofstream(folder_ / "upgrade/1.0.1/vmsd") << "abd";
  EXPECT_FALSE(next());
  EXPECT_EQ(came_up(old_version)->type, "system.upgrade-failed");
}

TEST_F(UpgradeStoreTest, a_program_that_grew_on_the_disk_is_not_run) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  std::ofstream(folder_ / "upgrade/1.0.1/vmsd", std::ios::app) << "d";
  EXPECT_FALSE(next());
}

TEST_F(UpgradeStoreTest, an_upgrade_of_an_upgrade_that_does_not_come_up_gives_way_to_that) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  EXPECT_EQ(came_up(new_version)->type, "system.upgraded");
  says_ = "1.0.2";
  auto newer = store_of(new_version);
  ASSERT_TRUE(newer.install(UpgradeKind::update, "new.bin", package("1.0.2")));
  fail_three_times();
  EXPECT_EQ(next(), folder_ / "upgrade/1.0.1/vmsd");
  EXPECT_EQ(came_up(new_version)->type, "system.upgrade-failed");
  EXPECT_FALSE(came_up(new_version));
  EXPECT_EQ(next(), folder_ / "upgrade/1.0.1/vmsd");
  EXPECT_EQ(InstalledProgram(folder_ / "upgrade").next(new_version, maker_.key()), std::nullopt);
  ASSERT_TRUE(newer.install(UpgradeKind::update, "new.bin", package("1.0.2")));
  ASSERT_TRUE(newer.withdraw());
  EXPECT_EQ(next(), folder_ / "upgrade/1.0.1/vmsd");
}

TEST_F(UpgradeStoreTest, a_program_that_has_worked_gives_way_for_one_run_only) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  EXPECT_EQ(came_up(new_version)->type, "system.upgraded");
  for (int i = 0; i < 2; ++i) {
    fail_three_times();
    EXPECT_FALSE(next());
    EXPECT_EQ(came_up(old_version)->type, "system.upgrade-failed");
  }
  EXPECT_TRUE(next());
  EXPECT_FALSE(came_up(new_version));
}

TEST_F(UpgradeStoreTest, tries_are_apart_and_the_first_is_at_once) {
  const InstalledProgram program(folder_ / "upgrade");
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  EXPECT_TRUE(next());
  EXPECT_EQ(program.pause(), base::Duration::zero());
  EXPECT_TRUE(next());
  EXPECT_EQ(program.pause(), InstalledProgram::pause_between_tries);
  came_up(new_version);
  EXPECT_TRUE(next());
  EXPECT_EQ(program.pause(), base::Duration::zero());
}

TEST_F(UpgradeStoreTest, nobody_can_exchange_what_was_checked) {
  const auto upload = package("1.0.1");
  bool reachable = true;
  during_trial_ = [&] { reachable = fs::exists(upload); };
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", upload));
  EXPECT_FALSE(reachable);
  EXPECT_FALSE(fs::exists(folder_ / "upgrade/incoming"));
}

TEST_F(UpgradeStoreTest, the_server_must_not_end_while_an_upgrade_is_tried) {
  std::optional<std::string> why;
  during_trial_ = [&] { why = store_.in_progress(); };
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  EXPECT_TRUE(why);
  EXPECT_FALSE(store_.in_progress());
}

TEST_F(UpgradeStoreTest, only_versions_that_may_be_run_again_are_kept) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  const auto folder = folder_ / "upgrade";
  for (const auto* name : {"0.9.0", "1.0.0", "1.0.1", "1.0.2", "1.0.3.part", "trial", "letters"})
    fs::create_directory(folder / name);
  std::ofstream(folder / "incoming") << "abc";
  InstalledProgram(folder).tidy({0, 9, 0});
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder)) left.insert(entry.path().filename().string());
  EXPECT_EQ(left, (std::set<std::string>{"0.9.0", "1.0.0", "1.0.1", "installed", "letters", "replaced"}));
}

TEST_F(UpgradeStoreTest, what_is_refused_is_not_run) {
  EXPECT_EQ(refusal(store_.check(UpgradeKind::update, "new.txt", package("1.0.1"))), "name invalid");
  EXPECT_EQ(refusal(store_.check(UpgradeKind::update, ".bin", package("1.0.1"))), "name invalid");
  EXPECT_EQ(refusal(store_.check(UpgradeKind::system, "new.bin", package("1.0.1"))), "kind invalid");
  EXPECT_EQ(refusal(store_.check(UpgradeKind::update, "new.bin", package("1.0.0"))), "file conflict");
  EXPECT_EQ(refusal(store_.check(UpgradeKind::module, "new.bin", package("2.0.0", "module"))),
            "file conflict");
  EXPECT_EQ(refusal(store_.check(UpgradeKind::update, "new.bin", folder_ / "nothing")), " conflict");
  says_ = "1.0.2";
  EXPECT_EQ(refusal(store_.install(UpgradeKind::update, "new.bin", package("1.0.1"))), "file invalid");
  EXPECT_FALSE(next());
  EXPECT_FALSE(fs::exists(folder_ / "upgrade/1.0.1.part"));
}

TEST_F(UpgradeStoreTest, an_order_can_be_withdrawn) {
  ASSERT_TRUE(store_.install(UpgradeKind::update, "new.bin", package("1.0.1")));
  ASSERT_TRUE(store_.withdraw());
  EXPECT_FALSE(next());
}

TEST_F(UpgradeStoreTest, the_server_must_not_end_within_ten_minutes_of_a_piece) {
  EXPECT_FALSE(store_.in_progress());
  store_.note_upload(UpgradeKind::update);
  clock_.advance(UpgradeStore::upload_patience - std::chrono::nanoseconds(1));
  EXPECT_TRUE(store_.in_progress());
  clock_.advance(std::chrono::nanoseconds(1));
  EXPECT_FALSE(store_.in_progress());
  store_.note_upload(UpgradeKind::update);
  store_.end_upload(UpgradeKind::system);
  EXPECT_TRUE(store_.in_progress());
  EXPECT_TRUE(store_.in_progress(UpgradeKind::system));
  EXPECT_FALSE(store_.in_progress(UpgradeKind::update));
  store_.end_upload(UpgradeKind::update);
  EXPECT_FALSE(store_.in_progress());
}

}  // namespace
}  // namespace watchrig::central

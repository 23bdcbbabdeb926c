#include "system/central/maintenance/licence_store.hpp"

#include <fstream>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/central/maintenance/testing/test_maker.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;

constexpr base::UtcTime start{std::chrono::days(20'000)};
constexpr auto day = std::chrono::days(1);

class LicenceStoreTest : public ::testing::Test {
 protected:
  LicenceStoreTest()
      : folder_(fs::path(::testing::TempDir()) / ("licence." + std::to_string(::getpid()))),
        clock_(std::make_unique<base::ManualClock>(start)) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    write("machine-id", "0123\n");
    open();
  }
  ~LicenceStoreTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  void open() {
    store_ = LicenceStore::open({folder_ / "licence", folder_ / "dongle", folder_ / "machine-id"},
                                maker_.key(), *clock_)
                 .value();
  }
  std::string fingerprint(std::size_t file = 0) {
    return store_->fingerprint_files().value().at(file).fingerprint;
  }
  std::string licence(const std::string& expires, const std::string& encryption = "software",
                      base::UtcTime issued = start) {
    return fmt::format(
        "WATCHRIG-LICENCE 1\nid: L\nencryption: {}\nfingerprint: {}\nalgorithms: faces\nchannels: 4\n"
        "issued: {}\nexpires: {}\n",
        encryption, fingerprint(encryption == "dongle" ? 1 : 0), base::format_utc(issued), expires);
  }
  bool import(const std::string& text) {
    return static_cast<bool>(store_->import(LicenceBinding::software, maker_.sign(text)));
  }
  LicenceState state() { return store_->show().state; }

  const fs::path folder_;
  const testing::TestMaker maker_;
  std::unique_ptr<base::ManualClock> clock_;
  std::unique_ptr<LicenceStore> store_;
};

TEST_F(LicenceStoreTest, goes_from_valid_over_expires_soon_to_expired) {
  EXPECT_EQ(state(), LicenceState::none);
  ASSERT_TRUE(import(licence(base::format_utc(start + 31 * day))));
  EXPECT_EQ(state(), LicenceState::valid);
  clock_->advance(day - std::chrono::nanoseconds(1));
  EXPECT_EQ(state(), LicenceState::valid);
  clock_->advance(std::chrono::nanoseconds(1));
  EXPECT_EQ(state(), LicenceState::expires_soon);
  clock_->advance(30 * day - std::chrono::nanoseconds(1));
  EXPECT_EQ(state(), LicenceState::expires_soon);
  clock_->advance(std::chrono::nanoseconds(1));
  EXPECT_EQ(state(), LicenceState::expired);
}

TEST_F(LicenceStoreTest, a_clock_set_back_does_not_bring_an_expired_one_back_but_a_newer_one_does) {
  const auto old = licence(base::format_utc(start + std::chrono::minutes(10)));
  ASSERT_TRUE(import(old));
  clock_->advance(std::chrono::minutes(10));
  EXPECT_EQ(state(), LicenceState::expired);
  clock_ = std::make_unique<base::ManualClock>(start);
  open();
  EXPECT_EQ(state(), LicenceState::expired);
  EXPECT_FALSE(import(old));
  ASSERT_TRUE(import(licence(base::format_utc(start + day), "software", start + std::chrono::minutes(1))));
  EXPECT_EQ(state(), LicenceState::expires_soon);
}

TEST_F(LicenceStoreTest, is_for_this_machine_only) {
  const auto here = licence("never");
  ASSERT_TRUE(import(here));
  EXPECT_EQ(state(), LicenceState::valid);
  write("machine-id", "4567\n");
  EXPECT_EQ(state(), LicenceState::invalid);
  const auto refused = store_->import(LicenceBinding::software, maker_.sign(here));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "file");
  EXPECT_EQ(refused.error().error.kind, ErrorKind::denied);
}

TEST_F(LicenceStoreTest, without_a_machine_id_the_fingerprint_is_made_once) {
  const auto with_id = fingerprint();
  fs::remove(folder_ / "machine-id");
  const auto made = fingerprint();
  EXPECT_EQ(made.size(), 64U);
  EXPECT_NE(made, with_id);
  open();
  EXPECT_EQ(fingerprint(), made);
}

TEST_F(LicenceStoreTest, a_dongles_licence_holds_while_it_is_there) {
  EXPECT_EQ(store_->fingerprint_files()->size(), 1U);
  write("dongle", "no serial\n");
  EXPECT_EQ(store_->fingerprint_files()->size(), 1U);
  write("dongle", "serial: 17\n");
  ASSERT_EQ(store_->fingerprint_files()->size(), 2U);
  const auto text = maker_.sign(licence("never", "dongle"));
  EXPECT_EQ(store_->import(LicenceBinding::software, text).error().field, "encryption");
  ASSERT_TRUE(store_->import(LicenceBinding::dongle, text));
  EXPECT_EQ(state(), LicenceState::valid);
  fs::remove(folder_ / "dongle");
  EXPECT_EQ(state(), LicenceState::dongle_missing);
  write("dongle", "serial: 18\n");
  EXPECT_EQ(state(), LicenceState::invalid);
}

TEST_F(LicenceStoreTest, what_is_wrong_changes_nothing) {
  ASSERT_TRUE(import(licence("never")));
  const auto good = licence("never");
  const auto with = [&](const std::string& from, const std::string& to) {
    auto text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const auto& wrong :
       {with("id: L", "id:"), with("channels: 4", "channels: -1"), with("channels: 4", "channels: 100001"),
        with("encryption: software", "encryption: x"), with("expires: never", "expires: soon"),
        with("issued: 2024", "issued: yesterday"), with("expires: never", "expires: 2024-01-01T00:00:00Z")}) {
    EXPECT_FALSE(import(wrong)) << wrong;
  }
  EXPECT_TRUE(import(with("channels: 4", "channels: 100000")));
  EXPECT_FALSE(store_->import(LicenceBinding::software, good + "signature: AAAA\n"));
  EXPECT_EQ(state(), LicenceState::valid);
  write("licence/licence.txt", "x");
  EXPECT_EQ(state(), LicenceState::invalid);
}

}  // namespace
}  // namespace watchrig::central

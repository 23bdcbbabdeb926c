#include "system/platform/secret_vault.hpp"

#include <fstream>

#include <gmock/gmock.h>

namespace watchrig::platform {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using ::testing::HasSubstr;

class SecretVaultTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / ("vault" + std::to_string(::getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  SecretVault open() const { return SecretVault::open(folder / "secrets.key").value(); }
  ErrorKind refused(std::string_view sealed) const {
    const auto opened = open().open_sealed(sealed, "password");
    return opened ? ErrorKind::conflict : opened.error().kind;
  }

  fs::path folder;
};

TEST_F(SecretVaultTest, opens_what_it_has_sealed_after_a_restart_too) {
  for (const char* secret : {"", "a", "pässword\n", "0123456789abcdef0123456789abcdef"}) {
    const auto sealed = open().seal(secret, "password").value();
    EXPECT_TRUE(sealed.starts_with("v1."));
    EXPECT_TRUE(std::string_view(secret).size() < 2 || sealed.find(secret) == std::string::npos);
    EXPECT_EQ(open().open_sealed(sealed, "password").value(), secret);
  }
}

TEST_F(SecretVaultTest, the_same_secret_looks_different_each_time) {
  EXPECT_NE(open().seal("x", "password").value(), open().seal("x", "password").value());
}

TEST_F(SecretVaultTest, a_sealed_text_does_not_open_for_another_purpose) {
  const auto sealed = open().seal("x", "device 1 password").value();
  EXPECT_EQ(open().open_sealed(sealed, "device 2 password").error().kind, ErrorKind::corrupt);
}

TEST_F(SecretVaultTest, every_changed_character_is_noticed) {
  const auto sealed = open().seal("secret", "password").value();
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open().open_sealed(changed, "password")) << changed;
    EXPECT_FALSE(open().open_sealed(sealed.substr(0, i), "password")) << i;
  }
  EXPECT_EQ(refused("plain"), ErrorKind::corrupt);
  EXPECT_EQ(refused("v2.00000000.AAAA"), ErrorKind::unsupported);
}

TEST_F(SecretVaultTest, a_lost_key_file_is_told_with_what_to_do) {
  const auto sealed = open().seal("secret", "password").value();
  fs::remove(folder / "secrets.key");
  const auto opened = open().open_sealed(sealed, "password");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::denied);
  EXPECT_THAT(opened.error().message, HasSubstr("another key file; enter it again"));
}

TEST_F(SecretVaultTest, the_key_file_is_for_its_owner_only) {
  open();
  EXPECT_EQ(fs::status(folder / "secrets.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(folder / "secrets.key", fs::perms::group_read, fs::perm_options::add);
  const auto opened = SecretVault::open(folder / "secrets.key");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::denied);
  EXPECT_THAT(opened.error().message, HasSubstr("chmod 600"));
}

TEST_F(SecretVaultTest, a_file_that_is_no_key_is_refused_and_kept) {
  for (const std::string& content : {std::string(), std::string("short"), std::string(33, 'x')}) {
    std::ofstream(folder / "secrets.key") << content;
    fs::permissions(folder / "secrets.key", fs::perms::owner_read | fs::perms::owner_write);
    const auto opened = SecretVault::open(folder / "secrets.key");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(fs::file_size(folder / "secrets.key"), content.size());
  }
}

TEST_F(SecretVaultTest, a_folder_in_its_place_is_refused_with_what_to_do) {
  fs::create_directory(folder / "secrets.key");
  const auto opened = SecretVault::open(folder / "secrets.key");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("put it back from a backup"));
}

}  // namespace
}  // namespace watchrig::platform

#include "system/platform/signing_key.hpp"

#include <fstream>

#include <gmock/gmock.h>

#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using ::testing::HasSubstr;

/// RFC 8032, 7.1, TEST 2, its private key as RFC 8410 has it.
constexpr std::string_view known_private =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* known_signature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

class SigningKeyTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / ("signing" + std::to_string(::getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  base::Result<SigningKey> open() const { return SigningKey::open(folder / "signing.pem"); }

  fs::path folder;
};

TEST_F(SigningKeyTest, is_made_once_for_this_account_alone) {
  const auto made = open();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(fs::status(folder / "signing.pem").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto again = open();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->public_key(), made->public_key());
  fs::remove(folder / "signing.pem");
  EXPECT_NE(open()->public_key(), made->public_key());
}

TEST_F(SigningKeyTest, what_it_signs_is_told_from_all_else) {
  const auto key = open().value();
  const auto signature = key.sign("what was seen");
  EXPECT_EQ(signature.size(), PublicKey::signature_bytes);
  EXPECT_TRUE(key.public_key().has_signed("what was seen", signature));
  EXPECT_FALSE(key.public_key().has_signed("what was Seen", signature));
  EXPECT_FALSE(key.public_key().has_signed("what was seen", signature.substr(1)));
  EXPECT_FALSE(key.public_key().has_signed("what was seen", ""));
  for (std::size_t at = 0; at < signature.size(); ++at) {
    auto changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    EXPECT_FALSE(key.public_key().has_signed("what was seen", changed)) << at;
  }
}

TEST_F(SigningKeyTest, the_public_half_goes_as_pem) {
  const auto key = open().value().public_key();
  const auto read = PublicKey::from_pem(key.pem());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, key);
  EXPECT_EQ(read->fingerprint(), key.fingerprint());
  EXPECT_EQ(key.fingerprint().size(), 64u);
  for (const auto* wrong : {"", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "perhaps"})
    EXPECT_EQ(PublicKey::from_pem(wrong).error().kind, ErrorKind::invalid) << wrong;
  EXPECT_EQ(PublicKey::from_raw("short").error().kind, ErrorKind::invalid);
}

TEST_F(SigningKeyTest, a_file_that_is_no_key_is_refused_with_what_to_do) {
  for (const auto* wrong : {"", "perhaps"}) {
    ASSERT_TRUE(write_text_file(folder / "signing.pem", wrong));
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(opened.error().message, HasSubstr("put it back from a backup"));
  }
  fs::remove(folder / "signing.pem");
  fs::create_directory(folder / "signing.pem");
  EXPECT_EQ(open().error().kind, ErrorKind::corrupt);
}

TEST_F(SigningKeyTest, one_that_others_may_read_is_refused) {
  ASSERT_TRUE(open());
  fs::permissions(folder / "signing.pem", fs::perms::group_read, fs::perm_options::add);
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::denied);
  EXPECT_THAT(opened.error().message, HasSubstr("chmod 600"));
}

TEST_F(SigningKeyTest, signs_as_the_standard_says) {
  ASSERT_TRUE(write_text_file(folder / "signing.pem", known_private));
  const auto key = open();
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(base::to_hex(key->sign("r").data(), 64), known_signature);
}

}  // namespace
}  // namespace watchrig::platform

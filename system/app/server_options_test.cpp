#include "system/app/server_options.hpp"

#include <fstream>

#include <gtest/gtest.h>

namespace watchrig::app {
namespace {

TEST(ServerOptions, SettingsHoldTheirRanges) {
  ServerOptions options;
  EXPECT_TRUE(apply_setting(options, "http.port=0"));
  EXPECT_TRUE(apply_setting(options, "rtsp.port = 65535"));
  EXPECT_TRUE(apply_setting(options, "storage.segment_bytes=1048576"));
  for (const char* wrong :
       {"http.port=65536", "http.port=-1", "http.port=", "storage.segment_bytes=1048575", "colour=red",
        "log.level=loud", "threads=257", "http.port", "accounts.idle_logout=1441", "maker.key=AAAA",
        "maker.key=", "lock.accounts.attempts=101", "lock.sources.period=0", "lock.sources.period=1441"}) {
    EXPECT_FALSE(apply_setting(options, wrong)) << wrong;
  }
  EXPECT_EQ(options.settings.at("http.port"), 0);
  EXPECT_EQ(options.settings.at("rtsp.port"), 65535);
  EXPECT_TRUE(apply_setting(options, "accounts.idle_logout=1440"));
  EXPECT_TRUE(apply_setting(options, "accounts.idle_logout=0"));
  EXPECT_EQ(options.settings.at("accounts.idle_logout"), 0);
  EXPECT_TRUE(apply_setting(options, "maker.key=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
  EXPECT_FALSE(options.maker.is_none());
  EXPECT_TRUE(apply_setting(options, "host.dongle=/dev/null"));
  EXPECT_TRUE(apply_setting(options, "lock.accounts.attempts=0"));
  EXPECT_TRUE(apply_setting(options, "lock.sources.period=1"));
}

TEST(ServerOptions, ANumberSignWithinAWordIsNoComment) {
  const std::filesystem::path file = testing::TempDir() + "server_options_signs.conf";
  std::ofstream(file) << "mail.password = a#b # of the relay\n#http.port = 1\nmail.username = c#\n";
  ServerOptions options;
  const auto applied = apply_file(options, file);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(options.settings.at("mail.password"), "a#b");
  EXPECT_EQ(options.settings.at("mail.username"), "c#");
  EXPECT_FALSE(options.settings.contains("http.port"));
  std::filesystem::remove(file);
}

TEST(ServerOptions, AFileNamesItsWrongLine) {
  const std::filesystem::path file = testing::TempDir() + "server_options_test.conf";
  std::ofstream(file) << "# ports\nhttp.port = 8081   # web\n\nrtsp.port = many\n";
  ServerOptions options;
  const auto applied = apply_file(options, file);
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().message.find(".conf:4: "), std::string::npos) << applied.error().message;
  EXPECT_EQ(options.settings.at("http.port"), 8081);
  std::filesystem::remove(file);
  EXPECT_EQ(apply_file(options, file).error().kind, base::ErrorKind::not_found);
  EXPECT_FALSE(apply_file(options, std::filesystem::temp_directory_path()));
}

}  // namespace
}  // namespace watchrig::app

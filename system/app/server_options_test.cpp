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

TEST(ServerOptions, TheProductIsOneOfThoseThatThereAre) {
  ServerOptions options;
  EXPECT_EQ(options.product.profile->name, "ivss");
  EXPECT_TRUE(apply_setting(options, "product.profile=micro"));
  EXPECT_TRUE(apply_setting(options, "product.ports=standard"));
  EXPECT_EQ(options.product.profile->name, "micro");
  EXPECT_EQ(options.product.ports->http, 80);
  const auto refused = [&](const char* text) {
    const auto applied = apply_setting(options, text);
    return applied ? "" : applied.error().message;
  };
  EXPECT_EQ(refused("product.profile=mini"),
            "product.profile=mini: there are the profiles ivss, micro, platform");
  EXPECT_EQ(refused("product.ports="), "product.ports=: there are the ports development, standard");
  EXPECT_EQ(refused("product.name=x"),
            "\"product.name\" is no setting; there are product.profile and product.ports");
  EXPECT_EQ(options.product.profile->name, "micro");
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

TEST(ServerOptions, TabsStandWhereBlanksMay) {
  const std::filesystem::path file = testing::TempDir() + "server_options_tabs.conf";
  std::ofstream(file) << "\thttp.port\t=\t8081\t# of the gate\n";
  ServerOptions options;
  const auto applied = apply_file(options, file);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(options.settings.at("http.port"), 8081);
  std::filesystem::remove(file);
}

TEST(ServerOptions, AFileThatIsNoTextIsNotPrinted) {
  const std::filesystem::path file = testing::TempDir() + "server_options_binary.conf";
  for (const std::string_view content : {"http.port = 1\n\x1b[2J = 3\n", "#\n\xff\xfe\n"}) {
    std::ofstream(file) << content;
    ServerOptions options;
    const auto applied = apply_file(options, file);
    ASSERT_FALSE(applied);
    EXPECT_EQ(
        applied.error().message,
        file.string() + ":2: this is no text; is it the right file? It has lines such as http.port = 8080");
  }
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

TEST(ServerOptions, VolumesAreFoldersEachOnce) {
  ServerOptions options;
  EXPECT_EQ(options.volumes, std::vector<std::filesystem::path>{recordings_name});
  ASSERT_TRUE(apply_setting(options, "storage.volumes= /mnt/a/rec , recordings,/mnt/b/../c"));
  EXPECT_EQ(options.volumes, (std::vector<std::filesystem::path>{"/mnt/a/rec", "recordings", "/mnt/c"}));
  for (const auto* wrong : {"storage.volumes=", "storage.volumes=/a,/a", "storage.volumes=/a,/b/../a",
                            "storage.volumes=other", "storage.volumes=/a,,/b"}) {
    const auto refused = apply_setting(options, wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().kind, base::ErrorKind::invalid);
  }
  EXPECT_EQ(options.volumes.size(), 3u) << "what is refused changes nothing";
}

}  // namespace
}  // namespace watchrig::app

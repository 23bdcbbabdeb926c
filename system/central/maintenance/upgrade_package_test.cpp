#include "system/central/maintenance/upgrade_package.hpp"

#include <fstream>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/central/maintenance/testing/test_maker.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;

constexpr auto digest_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

const testing::TestMaker& maker() {
  static const testing::TestMaker one;
  return one;
}

std::string beginning(const std::string& fields) { return maker().sign("WATCHRIG-UPGRADE 1\n" + fields); }
std::string file_line(const std::string& name) { return fmt::format("file: 3 {} {}\n", digest_of_abc, name); }

ErrorKind refusal(const std::string& fields) {
  const auto read = read_upgrade(beginning(fields), maker().key());
  EXPECT_FALSE(read) << fields;
  return read ? ErrorKind::io : read.error().kind;
}

TEST(ProgramVersion, IsComparedNumberByNumber) {
  EXPECT_LT(ProgramVersion::from("1.2.3"), ProgramVersion::from("1.10.0"));
  EXPECT_LT(ProgramVersion::from("0.9999.9999"), ProgramVersion::from("1.0.0"));
  EXPECT_EQ(ProgramVersion::from("9999.0.12")->text(), "9999.0.12");
  for (const char* wrong : {"", "1.2", "1.2.3.4", "1.2.10000", "1.2.x", "1.2.-3", "1..3", " 1.2.3"})
    EXPECT_FALSE(ProgramVersion::from(wrong)) << wrong;
}

TEST(UpgradePackage, AnUpdateIsTheProgramAlone) {
  const auto update =
      read_upgrade(beginning("kind: update\nversion: 1.2.3\n" + file_line("vmsd")), maker().key());
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(update->version.text(), "1.2.3");
  EXPECT_EQ(update->files.at(0).bytes, 3U);
  const std::string start = "kind: update\nversion: 1.2.3\n";
  EXPECT_EQ(refusal(start), ErrorKind::corrupt);
  EXPECT_EQ(refusal(start + file_line("other")), ErrorKind::corrupt);
  EXPECT_EQ(refusal(start + file_line("vmsd") + file_line("other")), ErrorKind::corrupt);
}

TEST(UpgradePackage, ASystemMayHoldMoreButNoNameTwice) {
  const std::string start = "kind: system\nversion: 1.2.3\n" + file_line("vmsd");
  EXPECT_TRUE(read_upgrade(beginning(start + file_line("page.html")), maker().key()));
  EXPECT_EQ(refusal(start + file_line("vmsd")), ErrorKind::corrupt);
  std::string many = start;
  for (std::size_t i = 1; i < UpgradePackage::most_files; ++i) many += file_line(fmt::format("f{}", i));
  EXPECT_TRUE(read_upgrade(beginning(many), maker().key()));
  EXPECT_EQ(refusal(many + file_line("one-more")), ErrorKind::corrupt);
}

TEST(UpgradePackage, ModulesAreOfOneType) {
  const std::string start = "kind: module\nversion: 1.2.3\n" + file_line("model");
  EXPECT_TRUE(read_upgrade(beginning(start + "module: faces\nmodule: faces\n"), maker().key()));
  EXPECT_EQ(refusal(start + "module: faces\nmodule: plates\n"), ErrorKind::unsupported);
  EXPECT_EQ(refusal(start), ErrorKind::corrupt);
}

TEST(UpgradePackage, LinesThatAreNoneAreRefused) {
  for (const auto& wrong :
       {std::string("version: 1.2.3\n") + file_line("vmsd"), "kind: x\nversion: 1.2.3\n" + file_line("vmsd"),
        "kind: update\nversion: 1\n" + file_line("vmsd"),
        std::string("kind: update\nversion: 1.2.3\nfile: vmsd\n"),
        "kind: update\nversion: 1.2.3\n" + file_line("../vmsd"),
        "kind: update\nversion: 1.2.3\n" + file_line(".vmsd"),
        "kind: update\nversion: 1.2.3\n" + file_line("a b"),
        fmt::format("kind: update\nversion: 1.2.3\nfile: {} {} vmsd\n", UpgradePackage::most_bytes + 1,
                    digest_of_abc),
        std::string("kind: update\nversion: 1.2.3\nfile: 3 BA78 vmsd\n")})
    EXPECT_EQ(refusal(wrong), ErrorKind::corrupt) << wrong;
}

TEST(UpgradePackage, ItsFilesAreCheckedByteForByte) {
  const auto file = fs::path(::testing::TempDir()) / ("upgrade." + std::to_string(::getpid()));
  const auto start = beginning("kind: update\nversion: 1.2.3\n" + file_line("vmsd"));
  const auto upgrade = read_upgrade(start, maker().key()).value();
  const auto check = [&](const std::string& content) {
    std::ofstream(file, std::ios::binary) << start << content;
    const auto checked = check_upgrade_files(file, upgrade);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(check("abc"), "");
  EXPECT_NE(check("abd").find("check sum of vmsd"), std::string::npos);
  EXPECT_NE(check("ab").find("cut short"), std::string::npos);
  EXPECT_NE(check("abcd").find("1 bytes follow"), std::string::npos);
  fs::remove(file);
}

}  // namespace
}  // namespace watchrig::central

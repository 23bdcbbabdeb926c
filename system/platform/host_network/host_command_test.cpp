#include "system/platform/host_network/host_command.hpp"

#include <gtest/gtest.h>

namespace watchrig::platform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(HostCommand, GivesBothOutputsAndTheExitCode) {
  const auto done = run_command({"sh", "-c", "echo out; echo wrong >&2; exit 3"}, seconds(10));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->output, "out\n");
  EXPECT_EQ(done->errors, "wrong\n");
  EXPECT_EQ(done->status, 3);
}

TEST(HostCommand, HandsOnWordsAsTheyAre) {
  const auto done = run_command({"printf", "%s|", "$HOME", "`id`", "a b", "; reboot", ""}, seconds(10));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->output, "$HOME|`id`|a b|; reboot||");
}

TEST(HostCommand, EndsWhatDoesNotEnd) {
  const auto done = run_command({"sh", "-c", "sleep 600 & sleep 600"}, milliseconds(50));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::timeout);
  EXPECT_NE(done.error().message.find("sleep 600"), std::string::npos);
}

TEST(HostCommand, EndsWhatClosesItsOutputsAndLivesOn) {
  const auto begin = std::chrono::steady_clock::now();
  const auto done = run_command({"sh", "-c", "exec >&- 2>&-; sleep 60"}, milliseconds(200));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(50)) << "it was waited for";
}

TEST(HostCommand, EndsWhatTalksWithoutEnd) {
  const auto done = run_command({"yes"}, seconds(30));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::full);
}

TEST(HostCommand, NamesAProgramThatIsNotInstalled) {
  const auto done = run_command({"no-such-program-anywhere"}, seconds(10));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::not_found);
  EXPECT_NE(done.error().message.find("no-such-program-anywhere"), std::string::npos);
}

TEST(HostCommand, TellsASignalFromAnExitCode) {
  const auto done = run_command({"sh", "-c", "kill -9 $$"}, seconds(10));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, 137);
}

}  // namespace
}  // namespace watchrig::platform

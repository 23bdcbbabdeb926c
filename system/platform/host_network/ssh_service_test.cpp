#include "system/platform/host_network/ssh_service.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace watchrig::platform {
namespace {

namespace fs = std::filesystem;

class SshServiceTest : public testing::Test {
 protected:
  SshServiceTest() : folder_(fs::temp_directory_path() / ("ssh_service." + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~SshServiceTest() override { fs::remove_all(folder_); }

  SshService service(SshService::Backend backend) {
    return SshService({backend, 2222}, folder_,
                      [this](const CommandLine& command) -> base::Result<CommandOutcome> {
                        commands_.push_back(to_string(command));
                        return CommandOutcome{status_, {}, "why"};
                      },
                      {"ip", "netns", "exec", "x"});
  }

  const fs::path folder_;
  std::vector<std::string> commands_;
  int status_ = 0;
};

TEST_F(SshServiceTest, IsRefusedWithoutABackend) {
  auto ssh = service(SshService::Backend::none);
  const auto done = ssh.set(true);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::denied);
  EXPECT_NE(done.error().message.find("host.ssh"), std::string::npos);
  EXPECT_FALSE(ssh.running());
  EXPECT_TRUE(commands_.empty());
}

TEST_F(SshServiceTest, AsksSystemd) {
  auto ssh = service(SshService::Backend::systemctl);
  EXPECT_TRUE(ssh.running());
  ASSERT_TRUE(ssh.set(true));
  ASSERT_TRUE(ssh.set(false));
  EXPECT_EQ(commands_,
            (std::vector<std::string>{"systemctl is-active --quiet ssh", "systemctl enable --now ssh",
                                      "systemctl disable --now ssh"}));
  status_ = 1;
  EXPECT_EQ(ssh.set(true).error().kind, base::ErrorKind::unavailable);
}

TEST_F(SshServiceTest, AProcessNumberThatIsSomebodyElsesIsLeftAlone) {
  std::ofstream(folder_ / "sshd.pid") << ::getpid() << "\n";
  auto ssh = service(SshService::Backend::sshd);
  EXPECT_FALSE(ssh.running());
  ASSERT_TRUE(ssh.set(false));  // and this test is still alive
}

}  // namespace
}  // namespace watchrig::platform

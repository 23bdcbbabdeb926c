#include "scenarios/engine/child_process.hpp"

#include <csignal>
#include <fstream>
#include <future>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::unique_ptr<ChildProcess> shell(const std::string& script, ChildProcess::Options more = {}) {
  more.command = {"/bin/sh", "-c", script};
  auto child = ChildProcess::start(std::move(more));
  EXPECT_TRUE(child) << child.error().message;
  return *std::move(child);
}

std::filesystem::path temporary(const std::string& name) {
  const auto path = std::filesystem::path(::testing::TempDir()) / (name + std::to_string(::getpid()));
  std::filesystem::remove(path);
  return path;
}

/// Whether a process of that number runs (a zombie does not).
bool runs(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  return static_cast<bool>(stat >> number >> name >> state) && state != "Z";
}

/// A killed process takes a moment to go.
bool goes(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (runs(pid) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return !runs(pid);
}

TEST(ChildProcess, GivesItsFirstLineAndExitCode) {
  const auto child = shell("echo '{\"ready\":1}'; echo more; exit 3");
  EXPECT_EQ(child->first_line(10s).value(), "{\"ready\":1}");
  EXPECT_EQ(child->wait(10s)->code, 3);
  EXPECT_EQ(to_string(*child->exited()), "exit code 3");
}

TEST(ChildProcess, ReportsASignalToWhomeverWatches) {
  std::promise<ExitStatus> ended;
  ChildProcess::Options options;
  options.on_exit = [&](ExitStatus status) { ended.set_value(status); };
  const auto child = shell("kill -SEGV $$", std::move(options));
  const auto status = ended.get_future().get();
  EXPECT_EQ(status.signal, SIGSEGV);
  EXPECT_THAT(to_string(status), HasSubstr("signal 11"));
}

TEST(ChildProcess, SaysWhyThereIsNoFirstLine) {
  EXPECT_THAT(shell("exit 2")->first_line(10s).error().message,
              HasSubstr("ended before it was ready (exit code 2)"));
  EXPECT_EQ(shell("exec tail -f /dev/null")->first_line(50ms).error().kind, base::ErrorKind::timeout);
}

TEST(ChildProcess, AMissingProgramIsAnErrorOfTheStart) {
  ChildProcess::Options options;
  options.command = {"/nowhere/vmsd"};
  const auto child = ChildProcess::start(std::move(options));
  ASSERT_FALSE(child);
  EXPECT_THAT(child.error().message, HasSubstr("/nowhere/vmsd"));
}

TEST(ChildProcess, StopsPolitelyAndThenNot) {
  const auto polite = shell("trap 'exit 0' TERM; echo ready; while :; do read x < /dev/null; done");
  ASSERT_TRUE(polite->first_line(10s));
  EXPECT_TRUE(polite->stop(10s).second);
  const auto stubborn = shell("trap '' TERM; echo ready; while :; do read x < /dev/null; done");
  ASSERT_TRUE(stubborn->first_line(10s));
  const auto [status, polite_end] = stubborn->stop(50ms);
  EXPECT_FALSE(polite_end);
  EXPECT_EQ(status.signal, SIGKILL);
}

TEST(ChildProcess, LeavesNoGrandchildrenBehind) {
  auto child = shell("tail -f /dev/null & echo $!; wait");
  const auto grandchild = base::parse_number<pid_t>(child->first_line(10s).value()).value();
  EXPECT_TRUE(runs(grandchild));
  child.reset();
  EXPECT_TRUE(goes(grandchild));
}

TEST(ChildProcess, AppendsStandardErrorToItsLog) {
  const auto log = temporary("child_log");
  ChildProcess::Options options;
  options.error_log = log;
  shell("for i in 1 2 3 4 5; do echo line $i >&2; done", options)->wait(10s);
  shell("echo again >&2", options)->wait(10s);
  EXPECT_EQ(tail_of_file(log, 2), "line 5\nagain");
  EXPECT_THAT(tail_of_file(log, 100), ::testing::StartsWith("line 1\n"));
  EXPECT_EQ(tail_of_file(log.string() + ".none", 2), "");
  std::filesystem::remove(log);
}

TEST(ChildProcess, DiesWithTheHarness) {
  // A harness that is killed cannot tidy up; the kernel has to.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t harness = ::fork();
  if (harness == 0) {
    ChildProcess::Options options;
    options.command = {"/bin/sh", "-c", "exec tail -f /dev/null"};
    const auto child = ChildProcess::start(std::move(options));
    const pid_t pid = (*child)->pid();
    [[maybe_unused]] const auto written = ::write(ends[1], &pid, sizeof pid);
    ::pause();
    ::_exit(0);
  }
  pid_t child = 0;
  ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  EXPECT_TRUE(runs(child));
  ::kill(harness, SIGKILL);
  ::waitpid(harness, nullptr, 0);
  EXPECT_TRUE(goes(child));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace watchrig::scenarios

#include "system/platform/host_network/host_command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t most_output = 4u << 20;

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  bool open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  void close_write() {
    ::close(ends[1]);
    ends[1] = -1;
  }
};

/// A child in a group of its own, so that a deadline ends what it has started, too.
Result<pid_t> spawn_program(const CommandLine& command, const Pipe& output, const Pipe& errors) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string locale = "LC_ALL=C";
  const std::array<char*, 3> environment{path.data(), locale.data(), nullptr};

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, output.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, errors.ends[1], STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  const int failure = ::posix_spawnp(&child, arguments[0], &files, &attributes, arguments.data(),
                                     const_cast<char* const*>(environment.data()));
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (failure == ENOENT)
    return Error{ErrorKind::not_found, fmt::format("program {} is not installed", command[0])};
  if (failure != 0) return base::os_error("run", command[0], failure);
  return child;
}

/// Both outputs until both have ended.
Result<> read_all(const Pipe& output, const Pipe& errors, Steady::time_point deadline,
                  CommandOutcome& outcome) {
  std::array<pollfd, 2> waiting{pollfd{output.ends[0], POLLIN, 0}, pollfd{errors.ends[0], POLLIN, 0}};
  const std::array<std::string*, 2> texts{&outcome.output, &outcome.errors};
  std::array<char, 16384> block;
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    if (left <= 0) return Error{ErrorKind::timeout, "it did not end in time"};
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return base::os_error("wait for", "a program's output", errno);
    if (ready <= 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
      const auto count = ::read(waiting[i].fd, block.data(), block.size());
      if (count <= 0) {
        waiting[i].fd = -1;
        continue;
      }
      texts[i]->append(block.data(), static_cast<std::size_t>(count));
      if (texts[i]->size() > most_output) return Error{ErrorKind::full, "it says more than 4 MiB"};
    }
  }
  return {};
}

/// A program may close its outputs and live on.
Result<> await_end_until(pid_t child, Steady::time_point deadline) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (handle < 0) return base::os_error("wait for", "the end of a program", errno);
  pollfd waiting{handle, POLLIN, 0};
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left));
  } while (ready < 0 && errno == EINTR);
  ::close(handle);
  if (ready == 1) return {};
  return Error{ErrorKind::timeout, "it did not end in time"};
}

int reap(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<CommandOutcome> run_command(const CommandLine& command, base::Duration deadline) {
  Pipe output;
  Pipe errors;
  if (!output.open() || !errors.open()) return base::os_error("open", "a pipe", errno);
  const auto child = spawn_program(command, output, errors);
  if (!child) return child.error();
  output.close_write();
  errors.close_write();
  CommandOutcome outcome;
  const auto end = Steady::now() + deadline;
  auto done = read_all(output, errors, end, outcome);
  if (done) done = await_end_until(*child, end);
  if (!done) {
    ::kill(-*child, SIGKILL);
    reap(*child);
    return Error(done.error()).within(to_string(command));
  }
  outcome.status = reap(*child);
  return outcome;
}

std::string to_string(const CommandLine& command) { return base::joined(command, " "); }

}  // namespace watchrig::platform

#include "scenarios/engine/child_process.hpp"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/close_range.h>
#include <mutex>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/file_descriptor.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::size_t max_first_line = 1024 * 1024;

struct Pipe {
  base::FileDescriptor read, write;
};

base::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::os_error("open", "pipe", errno);
  return Pipe{base::FileDescriptor(ends[0]), base::FileDescriptor(ends[1])};
}

base::Result<base::FileDescriptor> open_log(const std::filesystem::path& path) {
  const auto target = path.empty() ? std::filesystem::path("/dev/null") : path;
  base::FileDescriptor file(::open(target.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (file.get() < 0) return base::os_error("open", target.string(), errno);
  return file;
}

/// Between fork and exec of a program with threads: only calls that are safe in a signal handler.
[[noreturn]] void become(char* const* arguments, int input, int output, int errors, int report,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execvp(arguments[0], arguments);
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(report, &reason, sizeof reason);
  ::_exit(127);
}

}  // namespace

std::string to_string(const ExitStatus& status) {
  if (status.signal == 0) return fmt::format("exit code {}", status.code);
  return fmt::format("signal {} ({})", status.signal, ::strsignal(status.signal));
}

struct ChildProcess::State {
  Options options;
  base::FileDescriptor output;  ///< read end of its standard output
  base::FileDescriptor log;     ///< for the rest of its standard output
  mutable std::mutex mutex;
  std::condition_variable changed;
  pid_t pid = -1;
  int start_error = 0;
  bool started = false;
  bool output_ended = false;
  std::string text;  ///< of the first line, as far as it came
  std::optional<std::string> line;
  std::optional<ExitStatus> exit;
  std::thread keeper;
  std::thread reader;

  void fork_and_keep(base::FileDescriptor output_write, base::FileDescriptor errors, Pipe report);
  void read_output();
  void take_first_line(std::string_view bytes);
  void await_end();
};

void ChildProcess::State::fork_and_keep(base::FileDescriptor output_write, base::FileDescriptor errors,
                                        Pipe report) {
  std::vector<char*> arguments;
  for (auto& word : options.command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const base::FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  const int fork_error = errno;
  if (child == 0) {
    become(arguments.data(), input.get(), output_write.get(), errors.get(), report.write.get(), parent);
  }
  report.write = base::FileDescriptor();
  output_write = base::FileDescriptor();
  int exec_error = child < 0 ? fork_error : 0;
  if (child > 0 && ::read(report.read.get(), &exec_error, sizeof exec_error) <= 0) exec_error = 0;
  {
    const std::lock_guard lock(mutex);
    pid = child;
    start_error = exec_error;
    started = true;
  }
  changed.notify_all();
  if (child > 0) await_end();
}

void ChildProcess::State::await_end() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  ExitStatus status;
  {
    // Until it is reaped its number cannot belong to anybody else; what it left behind in its group ends with
    // it.
    const std::lock_guard lock(mutex);
    ::kill(-pid, SIGKILL);
    int raw = 0;
    ::waitpid(pid, &raw, 0);
    if (WIFSIGNALED(raw)) status.signal = WTERMSIG(raw);
    if (WIFEXITED(raw)) status.code = WEXITSTATUS(raw);
    exit = status;
  }
  changed.notify_all();
  if (options.on_exit && start_error == 0) options.on_exit(status);
}

void ChildProcess::State::read_output() {
  char buffer[4096];
  for (;;) {
    const auto size = ::read(output.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    const std::lock_guard lock(mutex);
    take_first_line({buffer, static_cast<std::size_t>(size)});
  }
  const std::lock_guard lock(mutex);
  output_ended = true;
  changed.notify_all();
}

void ChildProcess::State::take_first_line(std::string_view bytes) {
  if (!line) {
    text += bytes.substr(0, max_first_line - std::min(max_first_line, text.size()));
    const auto end = text.find('\n');
    if (end == std::string::npos) return;
    line = text.substr(0, end);
    bytes = bytes.substr(std::min(bytes.size(), bytes.find('\n') + 1));
    changed.notify_all();
  }
  [[maybe_unused]] const auto written = ::write(log.get(), bytes.data(), bytes.size());
}

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<ChildProcess>> ChildProcess::start(Options options) {
  auto output = make_pipe();
  auto report = make_pipe();
  auto errors = open_log(options.error_log);
  auto log = open_log(options.output_log);
  if (!output) return output.error();
  if (!report) return report.error();
  if (!errors) return errors.error();
  if (!log) return log.error();
  auto state = std::make_shared<State>();
  state->options = std::move(options);
  state->output = std::move(output->read);
  state->log = *std::move(log);
  std::unique_ptr<ChildProcess> child(new ChildProcess(state));
  // The kernel kills a child when the thread that forked it ends, so that thread stays until the child has
  // ended.
  state->keeper = std::thread([raw = state.get(), write = std::move(output->write), err = *std::move(errors),
                               pipe = *std::move(report)]() mutable {
    raw->fork_and_keep(std::move(write), std::move(err), std::move(pipe));
  });
  {
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&] { return state->started; });
  }
  state->reader = std::thread([raw = state.get()] { raw->read_output(); });
  if (state->start_error != 0) {
    return base::os_error("start", state->options.command.front(), state->start_error);
  }
  return child;
}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  if (state_->keeper.joinable()) state_->keeper.join();
  if (state_->reader.joinable()) state_->reader.join();
}

pid_t ChildProcess::pid() const { return state_->pid; }

base::Result<std::string> ChildProcess::first_line(std::chrono::milliseconds deadline) {
  std::unique_lock lock(state_->mutex);
  auto& s = *state_;
  s.changed.wait_for(lock, deadline, [&] { return s.line || s.output_ended; });
  if (s.line) return *s.line;
  const auto& program = s.options.command.front();
  if (!s.output_ended) {
    return base::Error{base::ErrorKind::timeout,
                       fmt::format("{} printed no line within {} ms", program, deadline.count())};
  }
  s.changed.wait_for(lock, std::chrono::seconds(1), [&] { return s.exit.has_value(); });
  return base::Error{base::ErrorKind::unavailable,
                     fmt::format("{} ended before it was ready ({})", program,
                                 s.exit ? to_string(*s.exit) : std::string("standard output closed"))};
}

std::optional<ExitStatus> ChildProcess::wait(std::chrono::milliseconds deadline) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, deadline, [&] { return state_->exit.has_value(); });
  return state_->exit;
}

std::optional<ExitStatus> ChildProcess::exited() const {
  const std::lock_guard lock(state_->mutex);
  return state_->exit;
}

void ChildProcess::signal(int number) {
  const std::lock_guard lock(state_->mutex);
  if (state_->pid > 0 && !state_->exit) ::kill(-state_->pid, number);
}

std::pair<ExitStatus, bool> ChildProcess::stop(std::chrono::milliseconds patience) {
  signal(SIGTERM);
  if (const auto status = wait(patience)) return {*status, true};
  signal(SIGKILL);
  const auto status = wait(std::chrono::seconds(10));
  return {status.value_or(ExitStatus{0, SIGKILL}), false};
}

std::string tail_of_file(const std::filesystem::path& file, std::size_t lines) {
  constexpr std::streamoff most = 16 * 1024;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - most));
  std::string text(std::istreambuf_iterator<char>(in), {});
  while (text.ends_with('\n')) text.pop_back();
  auto begin = text.size();
  while (lines > 0 && begin != 0 && begin != std::string::npos) {
    begin = text.rfind('\n', begin - 1);
    --lines;
  }
  return begin == std::string::npos ? text : text.substr(std::min(text.size(), begin == 0 ? 0 : begin + 1));
}

}  // namespace watchrig::scenarios

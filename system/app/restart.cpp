#include "system/app/restart.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include "system/base/text.hpp"

namespace watchrig::app {

namespace fs = std::filesystem;

namespace {

volatile std::sig_atomic_t held = 0;

sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

/// Libraries do not mark all of theirs.
void close_on_exec() {
  std::error_code failure;
  for (fs::directory_iterator it("/proc/self/fd", failure), end; !failure && it != end;
       it.increment(failure)) {
    const auto number = base::parse_number<int>(it->path().filename().string());
    if (number && *number > STDERR_FILENO) ::fcntl(*number, F_SETFD, FD_CLOEXEC);
  }
}

/// An update may have put another file where the program was; that one is to run then.
std::string program_file() {
  constexpr std::string_view replaced = " (deleted)";
  std::error_code failure;
  std::string file = fs::read_symlink("/proc/self/exe", failure).string();
  if (file.ends_with(replaced)) file.resize(file.size() - replaced.size());
  return fs::exists(file, failure) ? file : "/proc/self/exe";
}

}  // namespace

std::vector<std::string> words_for_restart(const CommandLine& line, const std::string& clock,
                                           const std::vector<std::string>& settings) {
  std::vector<std::string> words{"--data", line.data, "--roles", line.roles, "--clock", clock};
  if (!line.config.empty()) words.insert(words.end(), {"--config", line.config});
  for (const auto* list : {&line.settings, &settings}) {
    for (const auto& setting : *list) words.insert(words.end(), {"--set", setting});
  }
  return words;
}

void hold_signals() {
  const auto signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, [](int) { held = 1; });
}

bool signal_was_held() { return held != 0; }

void accept_signals() {
  const auto signals = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

base::Error replace_program(std::vector<std::string> words, const fs::path& program) {
  if (program.empty()) return go_back(std::move(words), program_file());
  words.insert(words.end(), {"--instead-of", program_file()});
  return go_back(std::move(words), program);
}

fs::path take_instead_of(std::vector<std::string>& words) {
  const auto name = std::ranges::find(words, "--instead-of");
  if (words.end() - name < 2) return {};
  fs::path program = *(name + 1);
  words.erase(name, name + 2);
  return program;
}

base::Error go_back(std::vector<std::string> words, const fs::path& program) {
  const std::string file = program.string();
  words.insert(words.begin(), file);
  std::vector<char*> arguments;
  std::ranges::transform(words, std::back_inserter(arguments), [](std::string& word) { return word.data(); });
  arguments.push_back(nullptr);
  close_on_exec();
  ::execv(file.c_str(), arguments.data());
  return base::os_error("start again", file, errno);
}

}  // namespace watchrig::app

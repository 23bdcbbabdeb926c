#include "system/platform/testing/peer_program.hpp"

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>

extern char** environ;

namespace watchrig::platform::testing {

PeerProgram::PeerProgram(std::vector<std::string> command) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) pid_ = 0;
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = ::fdopen(out[0], "r");
}

PeerProgram::~PeerProgram() {
  if (input_ >= 0) ::close(input_);
  if (output_) std::fclose(output_);
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
}

std::optional<boost::json::object> PeerProgram::line() {
  std::string text;
  for (int c = 0; output_ && (c = std::fgetc(output_)) != EOF && c != '\n';) text += static_cast<char>(c);
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  return value.as_object();
}

}  // namespace watchrig::platform::testing

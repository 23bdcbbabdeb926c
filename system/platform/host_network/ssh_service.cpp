#include "system/platform/host_network/ssh_service.hpp"

#include <csignal>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

SshService::SshService(Options options, fs::path folder, CommandRunner run, CommandLine prefix)
    : options_(options),
      folder_(fs::absolute(std::move(folder))),
      run_(std::move(run)),
      prefix_(std::move(prefix)) {}

Result<> SshService::run_program(const CommandLine& words, bool in_namespace) const {
  CommandLine command = in_namespace ? prefix_ : CommandLine();
  command.insert(command.end(), words.begin(), words.end());
  const auto done = run_(command);
  if (!done) return done.error();
  if (done->status == 0) {
    base::log_info("ssh: {}: done", to_string(command));
    return {};
  }
  const auto message =
      fmt::format("{}: exit code {}: {}", to_string(command), done->status, base::trim(done->errors));
  base::log_warning("ssh: {}", message);
  return Error{ErrorKind::unavailable, message};
}

/// The number in the file may be another program's by now.
pid_t SshService::own_process() const {
  const auto text = read_text_file(folder_ / "sshd.pid");
  const auto number = text ? base::parse_number<pid_t>(base::trim(*text)) : std::nullopt;
  if (!number || *number <= 1) return 0;
  const auto command = read_text_file(fmt::format("/proc/{}/cmdline", *number));
  const bool ours = command && command->find((folder_ / "sshd_config").string()) != std::string::npos;
  return ours ? *number : 0;
}

bool SshService::running() const {
  if (options_.backend == Backend::sshd) return own_process() != 0;
  if (options_.backend == Backend::none) return false;
  const auto active = run_({"systemctl", "is-active", "--quiet", "ssh"});
  return active && active->status == 0;
}

Result<> SshService::start_own() {
  std::error_code ignored;
  fs::create_directories("/run/sshd", ignored);  // sshd(8) insists on it
  const auto key = folder_ / "ssh_host_ed25519_key";
  if (!fs::exists(key, ignored)) {
    const auto made = run_program({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.string()}, false);
    if (!made) return made;
  }
  const auto file = folder_ / "sshd_config";
  const auto written = write_text_file(
      file, fmt::format("Port {}\nHostKey \"{}\"\nPidFile \"{}\"\nUsePAM no\nPermitRootLogin no\n",
                        options_.port, key.string(), (folder_ / "sshd.pid").string()));
  if (!written) return written;
  return run_program({"/usr/sbin/sshd", "-f", file.string()}, true);
}

Result<> SshService::set(bool on) {
  switch (options_.backend) {
    case Backend::none:
      return Error{
          ErrorKind::denied,
          "the server may not switch this machine's SSH: switch it where the machine is looked after, "
          "or start the server with --set host.ssh=systemctl or host.ssh=sshd"};
    case Backend::systemctl:
      return run_program({"systemctl", on ? "enable" : "disable", "--now", "ssh"}, false);
    case Backend::sshd:
      break;
  }
  const pid_t process = own_process();
  if (on) return process != 0 ? Result<>() : start_own();
  if (process == 0) return {};
  base::log_info("ssh: the own sshd {} ends", process);
  if (::kill(process, SIGTERM) != 0) return base::os_error("end", "sshd", errno);
  return {};
}

}  // namespace watchrig::platform

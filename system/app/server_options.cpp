#include "system/app/server_options.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/base/utf8.hpp"
#include "system/central/devices/device.hpp"

namespace watchrig::app {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

template <class Number>
Result<> set_number(Number& target, std::string_view name, std::string_view text, Number least, Number most) {
  const auto number = base::parse_number<Number>(text);
  if (!number || *number < least || *number > most) {
    return Error{ErrorKind::invalid,
                 fmt::format("{}={}: must be a number from {} to {}", name, text, least, most)};
  }
  target = *number;
  return {};
}

/// What of the machine may be changed is for whoever starts the server, never for its users.
Result<> set_host(ServerOptions& options, std::string_view name, std::string_view value) {
  using Ssh = platform::SshService::Backend;
  if (name == "host.ssh_port")
    return set_number(options.ssh.port, name, value, std::uint16_t{1}, std::uint16_t{65535});
  if (name == "host.namespace") {
    options.network_namespace = value;
  } else if (name == "host.resolver") {
    options.resolver_file = value;
  } else if (name == "host.dongle") {
    options.dongle = value;
  } else if (name == "host.network" && (value == "read-only" || value == "iproute2")) {
    options.change_network = value == "iproute2";
  } else if (name == "host.ssh" && (value == "none" || value == "systemctl" || value == "sshd")) {
    options.ssh.backend = value == "none" ? Ssh::none : value == "sshd" ? Ssh::sshd : Ssh::systemctl;
  } else {
    return Error{
        ErrorKind::invalid,
        fmt::format(
            "{}={}: there are host.network=read-only, host.network=iproute2, "
            "host.namespace=NAME, host.resolver=FILE, host.ssh=none, host.ssh=systemctl, host.ssh=sshd, "
            "host.ssh_port=PORT and host.dongle=FILE",
            name, value)};
  }
  return {};
}

/// Where recordings are is for whoever has mounted the disks.
Result<> set_volumes(ServerOptions& options, std::string_view name, std::string_view value) {
  std::vector<std::filesystem::path> volumes;
  for (const auto& part : base::split(value, ',')) {
    const std::filesystem::path directory = std::filesystem::path(base::trim(part)).lexically_normal();
    if ((directory != recordings_name && !directory.is_absolute()) ||
        std::ranges::count(volumes, directory) > 0) {
      return Error{ErrorKind::invalid,
                   fmt::format("{}={}: must be folders with commas between them, each once: {} (in the data "
                               "folder) or absolute paths",
                               name, value, recordings_name)};
    }
    volumes.push_back(directory);
  }
  options.volumes = std::move(volumes);
  return {};
}

template <class Entry>
std::string names_of(const std::vector<Entry>& entries) {
  std::vector<std::string_view> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return base::joined(names, ", ");
}

/// What the server is cannot change while it runs.
Result<> set_product(central::Product& product, std::string_view name, std::string_view value) {
  if (name == "product.profile") {
    const auto* profile = central::find_profile(value);
    if (profile) product.profile = profile;
    if (profile) return {};
    return Error{ErrorKind::invalid, fmt::format("{}={}: there are the profiles {}", name, value,
                                                 names_of(central::product_profiles()))};
  }
  if (name == "product.ports") {
    const auto* ports = central::find_ports(value);
    if (ports) product.ports = ports;
    if (ports) return {};
    return Error{ErrorKind::invalid, fmt::format("{}={}: there are the ports {}", name, value,
                                                 names_of(central::product_ports()))};
  }
  return Error{ErrorKind::invalid,
               fmt::format("\"{}\" is no setting; there are product.profile and product.ports", name)};
}

}  // namespace

Result<> apply_setting(ServerOptions& options, std::string_view assignment) {
  const auto [left, right] = base::split_once(assignment, '=');
  const std::string_view name = base::trim(left);
  const std::string_view value = base::trim(right);
  if (name.starts_with("host.")) return set_host(options, name, value);
  if (name.starts_with("product.")) return set_product(options.product, name, value);
  if (name == "storage.volumes") return set_volumes(options, name, value);
  if (name == "threads") return set_number(options.threads, name, value, 0u, 256u);
  if (name == "maker.key") {
    auto maker = central::MakerKey::from(value);
    if (!maker) return base::Error(maker.error()).within("maker.key");
    options.maker = *maker;
    return {};
  }
  if (name == "trace.file") {
    options.trace_file = value;
    return {};
  }
  if (name != "log.level") return central::fix_setting(options.settings, name, value);
  if (value != "debug" && value != "info" && value != "warning" && value != "error")
    return Error{ErrorKind::invalid, "log.level: must be debug, info, warning or error"};
  options.log_level = value;
  return {};
}

/// A # within a word belongs to it, as in a password.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

Result<> apply_file(ServerOptions& options, const std::filesystem::path& file) {
  std::ifstream input(file);
  if (!input) return base::os_error("read configuration", file.string(), errno);
  std::string line;
  for (int number = 1; std::getline(input, line); ++number) {
    const auto text = base::trim(without_comment(line));
    if (text.empty()) continue;
    std::string shown(text);
    std::ranges::replace(shown, '\t', ' ');
    if (!base::is_utf8(text) || !central::is_printable(shown)) {
      return Error{ErrorKind::invalid,
                   fmt::format("{}:{}: this is no text; is it the right file? It has lines "
                               "such as http.port = 8080",
                               file.string(), number)};
    }
    if (auto applied = apply_setting(options, text); !applied) {
      return Error(applied.error()).within(fmt::format("{}:{}", file.string(), number));
    }
  }
  // Such as a folder: it opens, and has no line.
  if (input.bad()) return base::os_error("read configuration", file.string(), errno);
  return {};
}

}  // namespace watchrig::app

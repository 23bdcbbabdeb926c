#include "scenarios/engine/process_ports.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::string_view listening = "0A";

std::set<std::uint64_t> socket_inodes(pid_t pid) {
  std::set<std::uint64_t> inodes;
  std::error_code error;
  for (std::filesystem::directory_iterator it(fmt::format("/proc/{}/fd", pid), error), end;
       !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    const auto target = std::filesystem::read_symlink(it->path(), unreadable).string();
    if (unreadable || !target.starts_with("socket:[")) continue;
    if (const auto inode = base::parse_number<std::uint64_t>(target.substr(8, target.size() - 9))) {
      inodes.insert(*inode);
    }
  }
  return inodes;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> result;
  for (const auto word : base::split(line, ' ')) {
    if (!word.empty()) result.push_back(word);
  }
  return result;
}

void add(pid_t pid, std::string_view protocol, const std::set<std::uint64_t>& inodes,
         std::set<std::uint16_t>& ports) {
  for (const auto* version : {"", "6"}) {
    std::ifstream file(fmt::format("/proc/{}/net/{}{}", pid, protocol, version));
    const std::string table(std::istreambuf_iterator<char>(file), {});
    ports.merge(parse_socket_table(table, inodes, protocol == "tcp"));
  }
}

}  // namespace

std::set<std::uint16_t> parse_socket_table(std::string_view table, const std::set<std::uint64_t>& inodes,
                                           bool listening_only) {
  std::set<std::uint16_t> ports;
  for (const auto line : base::split(table, '\n')) {
    const auto fields = words(line);
    if (fields.size() < 10) continue;
    const auto inode = base::parse_number<std::uint64_t>(fields[9]);
    if (!inode || !inodes.contains(*inode) || (listening_only && fields[3] != listening)) continue;
    const auto port = base::split_once(fields[1], ':').second;
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number, 16);
    if (error == std::errc() && number != 0) ports.insert(number);
  }
  return ports;
}

void add_ports_of(pid_t pid, Ports& ports) {
  const auto inodes = socket_inodes(pid);
  if (inodes.empty()) return;
  add(pid, "tcp", inodes, ports.tcp);
  add(pid, "udp", inodes, ports.udp);
}

}  // namespace watchrig::scenarios

#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <sys/types.h>

namespace watchrig::scenarios {

/// Ports on which a process listens (TCP) or that it has bound (UDP).
struct Ports {
  std::set<std::uint16_t> tcp;
  std::set<std::uint16_t> udp;
};

/// Adds those of a process out of /proc; nothing for a process that is gone or not ours to look into.
void add_ports_of(pid_t pid, Ports& ports);

/// Reads a table like /proc/net/tcp: the local ports of the sockets whose inodes are given, of TCP only those
/// that listen.
std::set<std::uint16_t> parse_socket_table(std::string_view table, const std::set<std::uint64_t>& inodes,
                                           bool listening_only);

}  // namespace watchrig::scenarios

#include "system/platform/host_network/dhcp_client.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view printer =
    "#!/bin/sh\n"
    "[ \"$1\" = bound ] || exit 0\n"
    "printf 'ip=%s\\nsubnet=%s\\nrouter=%s\\ndns=%s\\nlease=%s\\n' \"$ip\" \"$subnet\" \"$router\" \"$dns\" "
    "\"$lease\"\n";
constexpr std::size_t most_name_servers = 3;         // resolv.conf(5)
constexpr unsigned longest_lease = 365 * 24 * 3600;  // "for ever" is 2^32 - 1
constexpr unsigned shortest_lease = 60;

Error unusable(std::string_view what) {
  return {ErrorKind::corrupt, fmt::format("the DHCP server's answer has no usable {}", what)};
}

}  // namespace

Result<DhcpLease> parse_lease(std::string_view text) {
  DhcpLease lease;
  std::optional<Ipv4> address;
  std::optional<unsigned> prefix;
  for (const auto line : base::split(text, '\n')) {
    const auto [name, value] = base::split_once(line, '=');
    if (name == "ip") address = parse_ipv4(value);
    if (name == "subnet") {
      if (const auto mask = parse_ipv4(value)) prefix = prefix_of_mask(*mask);
    }
    if (name == "router") lease.gateway = parse_ipv4(base::split_once(value, ' ').first);
    if (name == "lease") lease.seconds = base::parse_number<unsigned>(value).value_or(0);
    if (name != "dns") continue;
    for (const auto server : base::split(value, ' ')) {
      const auto parsed = parse_ipv4(server);
      if (parsed && lease.name_servers.size() < most_name_servers) lease.name_servers.push_back(*parsed);
    }
  }
  if (!prefix || *prefix == 0) return unusable("subnet mask");
  if (!address || !is_host_address(*address, *prefix)) return unusable("address");
  if (lease.gateway && !same_subnet(*lease.gateway, *address, *prefix)) lease.gateway.reset();
  if (lease.seconds < shortest_lease) return unusable("lease time");
  lease.seconds = std::min(lease.seconds, longest_lease);
  lease.address = {*address, *prefix};
  return lease;
}

Result<DhcpLease> ask_dhcp(const std::string& card, const CommandRunner& run, const CommandLine& prefix,
                           const std::filesystem::path& script) {
  if (auto written = write_text_file(script, printer, 0700); !written) return written.error();
  CommandLine command = prefix;
  command.insert(command.end(), {"udhcpc", "-i", card, "-f", "-n", "-q", "-t", "3", "-T", "2", "-s",
                                 std::filesystem::absolute(script).string()});
  const auto done = run(command);
  if (!done) return done.error();
  if (done->status == 0) return parse_lease(done->output);
  return Error{
      ErrorKind::unavailable,
      fmt::format("no DHCP server gave card \"{}\" an address (is its cable in, and a server there?)", card)};
}

}  // namespace watchrig::platform

#pragma once

#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/platform/host_network/host_network.hpp"

namespace watchrig::platform {

// As iproute2 6.1 prints them, shortened.
inline constexpr const char* addresses = R"([
 {"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"link_type":"loopback","addr_info":[]},
 {"ifindex":2,"ifname":"ifb0","flags":[],"mtu":1500,"link_type":"ether","linkinfo":{"info_kind":"ifb"},"addr_info":[]},
 {"ifindex":3,"ifname":"lan1","flags":["UP","LOWER_UP"],"mtu":1500,"link_type":"ether","address":"02:00:00:00:00:01",
  "addr_info":[{"family":"inet","local":"10.1.1.2","prefixlen":24,"valid_life_time":4294967295},
               {"family":"inet6","local":"fe80::1","prefixlen":64,"valid_life_time":4294967295}]},
 {"ifindex":4,"ifname":"lan2","flags":["NO-CARRIER","UP"],"mtu":1500,"link_type":"ether","linkinfo":{"info_kind":"veth"},
  "addr_info":[{"family":"inet","local":"10.2.2.2","prefixlen":24,"valid_life_time":600}]}])";
inline constexpr const char* routes = R"([
 {"dst":"default","gateway":"10.1.1.1","dev":"lan1","metric":100,"flags":[]},
 {"dst":"default","gateway":"10.2.2.1","dev":"lan2","metric":204,"flags":[]},
 {"dst":"10.1.1.0/24","dev":"lan1","protocol":"kernel","scope":"link","prefsrc":"10.1.1.2","flags":[]},
 {"dst":"10.9.0.0/16","gateway":"10.1.1.3","dev":"lan1","flags":[]}])";

/// Stands in for the operating system: prints the state above, notes every change, and fails the one that
/// contains `failing`.
class HostNetworkTest : public testing::Test {
 protected:
  HostNetworkTest()
      : folder_(std::filesystem::temp_directory_path() / ("host_network." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~HostNetworkTest() override { std::filesystem::remove_all(folder_); }

  base::Result<CommandOutcome> answer(const CommandLine& command) {
    const auto text = to_string(command);
    if (text == "ip -j -d address show") return CommandOutcome{0, addresses_, {}};
    if (text == "ip -4 -j route show table main") return CommandOutcome{0, routes_, {}};
    if (text == "ip -4 -j neigh show") return CommandOutcome{0, neighbours_, {}};
    if (command[0] == "grep") return CommandOutcome{1, "/sys/class/net/lan1/speed:1000\n", {}};
    changes_.push_back(text);
    if (command[0] == "udhcpc" && server_away_) return CommandOutcome{1, {}, "udhcpc: no lease, failing\n"};
    if (command[0] == "udhcpc") {
      return CommandOutcome{0,
                            std::string("ip=10.1.1.77\nsubnet=255.255.255.0\nrouter=10.1.1.1\nlease=600\n") +
                                (with_name_server_ ? "dns=10.1.1.1\n" : ""),
                            {}};
    }
    if (!failing_.empty() && text.find(failing_) != std::string::npos)
      return CommandOutcome{2, {}, "RTNETLINK answers: Operation not permitted\n"};
    return CommandOutcome{};
  }

  std::unique_ptr<HostNetwork> open(bool may_change = true) {
    HostNetwork::Options options{may_change, {}, folder_, folder_ / "resolv.conf", {}, {}};
    options.run = [this](const CommandLine& command) { return answer(command); };
    options.addresses_when_new = addresses_when_new_;
    return *HostNetwork::open(options, clock_);
  }

  static HostNetwork::Card card(const char* address, unsigned prefix, const char* gateway,
                                unsigned mtu = 1500) {
    return {false, CardAddress{*parse_ipv4(address), prefix}, parse_ipv4(gateway), mtu};
  }

  const std::filesystem::path folder_;
  base::ManualClock clock_{base::UtcTime(std::chrono::hours(24 * 365 * 50))};
  std::vector<std::string> changes_;
  std::string failing_;
  bool server_away_ = false;
  bool with_name_server_ = false;
  std::string addresses_ = addresses;
  std::string routes_ = routes;
  std::vector<CardAddress> addresses_when_new_;
  std::string neighbours_;
};

}  // namespace watchrig::platform

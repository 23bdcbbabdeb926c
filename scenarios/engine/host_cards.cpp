#include "scenarios/engine/host_cards.hpp"

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto patience = std::chrono::seconds(20);
constexpr int connect_patience_ms = 5000;  // then nobody listens there

/// Names of a run's own, so that runs at the same time do not meet.
std::string new_name() {
  static std::atomic<unsigned> made = 0;
  return fmt::format("wr{}-{}", ::getpid(), ++made);
}

/// The one line that the command prints.
Result<std::string> run(std::vector<std::string> command, bool prints) {
  const auto words = base::joined(command, " ");
  auto process = ChildProcess::start({.command = std::move(command), .error_log = {}});
  if (!process) return Error{ErrorKind::not_found, process.error().message};
  std::string line;
  if (prints) {
    const auto printed = (*process)->first_line(patience);
    if (printed) line = *printed;
  }
  const auto exit = (*process)->wait(patience);
  if (exit && exit->clean()) return line;
  return Error{ErrorKind::denied, fmt::format("{}: {}", words, exit ? to_string(*exit) : "does not end")};
}

/// A thread is in a namespace of its own choice; a process with threads is not asked.
Result<> enter(const std::string& name_space) {
  const int space = ::open(fmt::format("/run/netns/{}", name_space).c_str(), O_RDONLY | O_CLOEXEC);
  const bool inside = space >= 0 && ::setns(space, CLONE_NEWNET) == 0;
  const int failure = errno;
  if (space >= 0) ::close(space);
  if (!inside) return base::os_error("enter namespace", name_space, failure);
  return {};
}

/// An Ethernet frame with an answer that nobody has asked for; the kernel believes it at once where its
/// target is its sender.
struct [[gnu::packed]] ArpFrame {
  std::array<std::uint8_t, 6> to, from;
  std::uint16_t type = htons(ETH_P_ARP);
  std::uint16_t hardware = htons(ARPHRD_ETHER), protocol = htons(ETH_P_IP);
  std::uint8_t hardware_size = 6, protocol_size = 4;
  std::uint16_t operation = htons(ARPOP_REPLY);
  std::array<std::uint8_t, 6> sender;
  std::uint32_t sender_address;
  std::array<std::uint8_t, 6> target;
  std::uint32_t target_address;
};

Result<> say_by_arp(const std::string& name_space, const std::string& card, const std::string& address,
                    const std::string& mac) {
  constexpr std::array<std::uint8_t, 6> everybody{255, 255, 255, 255, 255, 255};
  std::array<std::uint8_t, 6> from{};
  in_addr claimed{};
  const bool read = std::sscanf(mac.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &from[0], &from[1],
                                &from[2], &from[3], &from[4], &from[5]) == 6;
  if (!read || ::inet_pton(AF_INET, address.c_str(), &claimed) != 1)
    return Error{ErrorKind::invalid, fmt::format("\"{}\" or \"{}\" is no MAC or IPv4 address", mac, address)};
  if (auto inside = enter(name_space); !inside) return inside;
  sockaddr_ll port{};
  port.sll_family = AF_PACKET;
  port.sll_protocol = htons(ETH_P_ARP);
  port.sll_ifindex = static_cast<int>(::if_nametoindex(card.c_str()));
  const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket < 0) return base::os_error("open", "a packet socket", errno);
  const ArpFrame frame{.to = everybody,
                       .from = from,
                       .sender = from,
                       .sender_address = claimed.s_addr,
                       .target = from,
                       .target_address = claimed.s_addr};
  const auto sent =
      ::sendto(socket, &frame, sizeof frame, 0, reinterpret_cast<const sockaddr*>(&port), sizeof port);
  const int failure = errno;
  ::close(socket);
  if (sent != static_cast<ssize_t>(sizeof frame)) return base::os_error("send ARP by", card, failure);
  return {};
}

Result<bool> connects(const std::string& name_space, const std::string& address, std::uint16_t port) {
  if (auto inside = enter(name_space); !inside) return inside.error();
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &target.sin_addr) != 1)
    return Error{ErrorKind::invalid, fmt::format("\"{}\" is no IPv4 address", address)};
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return base::os_error("open", "a socket", errno);
  bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0;
  if (!connected && errno == EINPROGRESS) {
    pollfd waiting{socket, POLLOUT, 0};
    int refused = 1;
    socklen_t size = sizeof refused;
    const bool decided = ::poll(&waiting, 1, connect_patience_ms) == 1;
    connected = decided && ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &refused, &size) == 0 && refused == 0;
  }
  ::close(socket);
  return connected;
}

}  // namespace

HostCards::HostCards(std::vector<std::string> cards)
    : cards_(std::move(cards)), near_(new_name()), far_(near_ + "f") {}

HostCards::~HostCards() {
  servers_.clear();
  remove();
}

void HostCards::remove() const {
  for (const auto& name : {near_, far_}) (void)run({"ip", "netns", "del", name}, false);
}

Result<> HostCards::lay_cables() const {
  for (const auto& name : {near_, far_}) {
    if (auto made = run({"ip", "netns", "add", name}, false); !made) return made.error();
  }
  if (auto up = run({"ip", "-n", near_, "link", "set", "lo", "up"}, false); !up) return up.error();
  for (const auto& card : cards_) {
    const auto made = run(
        {"ip", "-n", near_, "link", "add", card, "type", "veth", "peer", "name", card, "netns", far_}, false);
    if (!made) return made.error();
    if (auto in = plug(card, true); !in) return in;
  }
  return {};
}

Result<std::unique_ptr<HostCards>> HostCards::make(const std::vector<std::string>& cards) {
  std::unique_ptr<HostCards> made(new HostCards(cards));
  if (auto laid = made->lay_cables(); !laid) return laid.error();
  return made;
}

Result<std::string> HostCards::show(const std::string& words) const {
  std::vector<std::string> command{"ip", "-n", near_, "-j"};
  for (const auto word : base::split(words, ' ')) command.emplace_back(word);
  return run(std::move(command), true);
}

Result<> HostCards::plug(const std::string& card, bool in) const {
  const auto done = run({"ip", "-n", far_, "link", "set", card, in ? "up" : "down"}, false);
  if (!done) return done.error();
  return {};
}

Result<> HostCards::serve_dhcp(const std::string& card, const std::string& server, const std::string& lease,
                               const std::filesystem::path& folder) {
  const auto given = run({"ip", "-n", far_, "address", "add", server + "/24", "dev", card}, false);
  if (!given) return given.error();
  const auto file = [&](std::string_view end) {
    return (folder / fmt::format("dhcp-{}.{}", card, end)).string();
  };
  std::ofstream(file("leases")).flush();
  std::ofstream settings(file("conf"));
  settings << fmt::format(
      "start {0}\nend {0}\ninterface {1}\nmax_leases 1\nlease_file {2}\npidfile {3}\n"
      "option subnet 255.255.255.0\noption router {4}\noption dns {4}\noption lease 86400\n",
      lease, card, file("leases"), file("pid"), server);
  settings.close();
  if (!settings) return Error{ErrorKind::io, fmt::format("{} cannot be written", file("conf"))};
  auto process = ChildProcess::start(
      {.command = {"ip", "netns", "exec", far_, "udhcpd", "-f", file("conf")}, .error_log = file("log")});
  if (!process) return process.error();
  servers_.push_back(*std::move(process));
  return {};
}

Result<> HostCards::renew() {
  servers_.clear();
  remove();
  return lay_cables();
}

Result<> HostCards::spoof(const std::string& card, const std::string& address, const std::string& mac) const {
  Result<> done;
  std::thread([&] { done = say_by_arp(far_, card, address, mac); }).join();
  return done;
}

Result<bool> HostCards::listens(const std::string& address, std::uint16_t port) const {
  Result<bool> found = false;
  std::thread([&] { found = connects(near_, address, port); }).join();
  return found;
}

}  // namespace watchrig::scenarios

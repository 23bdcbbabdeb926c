#include "system/platform/host_network/card_watch.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/file_descriptor.hpp"
#include "system/base/log.hpp"

namespace watchrig::platform {

namespace {

using base::Result;

constexpr auto look_again = std::chrono::seconds(1);
constexpr base::Duration ask_again = std::chrono::seconds(10);
constexpr int most_at_once = 100;  ///< packets, before it looks whether it is to end

/// The thread is in the namespace from then on, and all that it opens.
bool enter(const std::string& name_space) {
  const auto path = fmt::format("/var/run/netns/{}", name_space);
  const base::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() >= 0 && ::setns(file.get(), CLONE_NEWNET) == 0) return true;
  base::log_warning("the network cards of the namespace \"{}\" are not watched: {}", name_space,
                    std::strerror(errno));
  return false;
}

std::string driver_of(int socket, const std::string& card) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  ifreq request{};
  card.copy(static_cast<char*>(request.ifr_name), IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&info);
  if (::ioctl(socket, SIOCETHTOOL, &request) != 0) return {};
  return static_cast<const char*>(info.driver);
}

/// Bridges and tunnels only carry others; a virtual cable without an address ends in somebody else's machine.
bool is_card(const WatchedCard& card, const std::string& driver) {
  constexpr std::string_view carriers[] = {"bridge", "tun", "openvswitch", "vxlan", "ifb", "dummy"};
  if (std::ranges::find(carriers, driver) != std::end(carriers)) return false;
  return driver != "veth" || !card.addresses.empty();
}

std::optional<std::vector<WatchedCard>> read_cards(int socket) {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
  std::vector<WatchedCard> cards;
  for (const auto* entry = first; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_PACKET) continue;
    sockaddr_ll link{};
    std::memcpy(&link, entry->ifa_addr, sizeof link);
    if (link.sll_hatype != ARPHRD_ETHER || link.sll_halen != MacAddress{}.size()) continue;
    WatchedCard card;
    card.index = static_cast<unsigned>(link.sll_ifindex);
    card.name = entry->ifa_name;
    std::memcpy(card.mac.data(), link.sll_addr, card.mac.size());
    card.enabled = (entry->ifa_flags & IFF_UP) != 0U;
    card.online = (entry->ifa_flags & IFF_RUNNING) != 0U;
    cards.push_back(std::move(card));
  }
  for (const auto* entry = first; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET) continue;
    // Its name may have a label behind a colon.
    const std::string_view label(entry->ifa_name);
    const auto card = std::ranges::find(cards, label.substr(0, label.find(':')), &WatchedCard::name);
    sockaddr_in ip{};
    std::memcpy(&ip, entry->ifa_addr, sizeof ip);
    if (card != cards.end()) card->addresses.push_back(ntohl(ip.sin_addr.s_addr));
  }
  std::erase_if(cards, [&](const WatchedCard& card) { return !is_card(card, driver_of(socket, card.name)); });
  return cards;
}

void ask(int packets, const std::vector<WatchedCard>& cards) {
  for (const auto& card : cards) {
    if (!card.enabled || !card.online) continue;
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETH_P_ARP);
    to.sll_ifindex = static_cast<int>(card.index);
    to.sll_halen = MacAddress{}.size();
    std::fill_n(static_cast<unsigned char*>(to.sll_addr), MacAddress{}.size(), 0xFF);
    for (const auto address : card.addresses) {
      const auto probe = arp_probe(card.mac, address);
      // A card that refuses it is asked for again in its time.
      (void)::sendto(packets, probe.data(), probe.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                     sizeof to);
    }
  }
}

}  // namespace

struct CardWatch::Parts {
  Parts(std::string wanted, const base::Clock& by, const std::set<std::string>& lost, Tell whom)
      : name_space(std::move(wanted)),
        clock(by),
        tell(std::move(whom)),
        ending(::eventfd(0, EFD_CLOEXEC)),
        alarms(lost) {}

  void tell_all(const CardAlarms::News& news) const {
    for (const auto& one : news) tell(one);
  }
  void run();
  void hear(int packets);

  const std::string name_space;
  const base::Clock& clock;
  const Tell tell;
  const base::FileDescriptor ending;
  CardAlarms alarms;
  std::thread thread;
};

void CardWatch::Parts::run() {
  if (!name_space.empty() && !enter(name_space)) return;
  const base::FileDescriptor plain(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const base::FileDescriptor packets(
      ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ARP)));
  if (packets.get() < 0)
    base::log_info("conflicts of addresses at the network cards are not watched: {}", std::strerror(errno));
  std::vector<WatchedCard> cards;
  std::optional<base::UtcTime> asked;
  auto next_look = std::chrono::steady_clock::now();
  for (;;) {
    if (const auto now = std::chrono::steady_clock::now(); now >= next_look) {
      next_look = now + look_again;
      if (auto read = read_cards(plain.get())) {
        cards = *std::move(read);
        tell_all(alarms.see(cards));
      }
      const auto time = clock.now();
      if (packets.get() >= 0 && (!asked || time >= *asked + ask_again || time < *asked)) {
        asked = time;
        tell_all(alarms.asked(time));
        ask(packets.get(), cards);
      }
    }
    std::array<pollfd, 2> wait{{{ending.get(), POLLIN, 0}, {packets.get(), POLLIN, 0}}};
    (void)::poll(wait.data(), wait.size(), static_cast<int>(std::chrono::milliseconds(look_again).count()));
    if (wait[0].revents != 0) return;
    if ((wait[1].revents & POLLIN) != 0) hear(packets.get());
  }
}

void CardWatch::Parts::hear(int packets) {
  std::array<std::uint8_t, 64> bytes{};
  for (int n = 0; n < most_at_once; ++n) {
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const auto got =
        ::recvfrom(packets, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    if (from.sll_pkttype == PACKET_OUTGOING) continue;
    const auto packet = parse_arp(std::span(bytes).first(static_cast<std::size_t>(got)));
    if (packet) tell_all(alarms.hear(static_cast<unsigned>(from.sll_ifindex), *packet, clock.now()));
  }
}

CardWatch::CardWatch(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<CardWatch>> CardWatch::start(std::string name_space, const base::Clock& clock,
                                                    const std::set<std::string>& lost, Tell tell) {
  auto parts = std::make_unique<Parts>(std::move(name_space), clock, lost, std::move(tell));
  if (parts->ending.get() < 0) return base::os_error("watch", "the network cards", errno);
  parts->thread = std::thread([own = parts.get()] {
    try {
      own->run();
    } catch (const std::exception& failure) {
      base::log_error("the network cards are watched no more until the next start: {}", failure.what());
    }
  });
  return std::unique_ptr<CardWatch>(new CardWatch(std::move(parts)));
}

CardWatch::~CardWatch() {
  (void)::eventfd_write(parts_->ending.get(), 1);
  parts_->thread.join();
}

}  // namespace watchrig::platform

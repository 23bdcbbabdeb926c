#include "system/platform/neighbour_table.hpp"

#include <algorithm>
#include <cstring>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/base/text.hpp"

namespace watchrig::platform {

namespace {

constexpr timeval patience{1, 0};

struct Descriptor {
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  const int number;
};

struct Ask {
  nlmsghdr header;
  ndmsg message;
};

std::string_view bytes_of(const rtattr* attribute) {
  return {static_cast<const char*>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute)};
}

/// The hardware address of one answer, if it is about `wanted` and still valid.
std::optional<MacAddress> match(const nlmsghdr* header, std::string_view wanted) {
  const auto* message = static_cast<const ndmsg*>(NLMSG_DATA(header));
  if ((message->ndm_state & (NUD_INCOMPLETE | NUD_FAILED | NUD_NOARP)) != 0) return std::nullopt;
  std::string_view address;
  std::string_view hardware;
  auto left = static_cast<int>(RTM_PAYLOAD(header));
  for (const rtattr* one = RTM_RTA(message); RTA_OK(one, left); one = RTA_NEXT(one, left)) {
    if (one->rta_type == NDA_DST) address = bytes_of(one);
    if (one->rta_type == NDA_LLADDR) hardware = bytes_of(one);
  }
  MacAddress mac{};
  if (address != wanted || hardware.size() != mac.size()) return std::nullopt;
  std::memcpy(mac.data(), hardware.data(), mac.size());
  return mac;
}

std::optional<MacAddress> find(unsigned char family, std::string_view wanted) {
  const Descriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  if (socket.number < 0) return std::nullopt;
  ::setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  Ask ask{};
  ask.header.nlmsg_len = sizeof ask;
  ask.header.nlmsg_type = RTM_GETNEIGH;
  ask.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  ask.message.ndm_family = family;
  if (::send(socket.number, &ask, sizeof ask, 0) != static_cast<ssize_t>(sizeof ask)) return std::nullopt;
  alignas(nlmsghdr) std::array<char, 32 * 1024> answer;
  for (;;) {
    const auto got = ::recv(socket.number, answer.data(), answer.size(), 0);
    if (got <= 0) return std::nullopt;
    auto left = static_cast<unsigned>(got);
    for (auto* one = reinterpret_cast<const nlmsghdr*>(answer.data()); NLMSG_OK(one, left);
         one = NLMSG_NEXT(one, left)) {
      if (one->nlmsg_type == NLMSG_DONE || one->nlmsg_type == NLMSG_ERROR) return std::nullopt;
      if (one->nlmsg_type != RTM_NEWNEIGH) continue;
      if (auto mac = match(one, wanted)) return mac;
    }
  }
}

}  // namespace

std::optional<MacAddress> parse_mac(std::string_view text) {
  const char separator = text.find('-') == std::string_view::npos ? ':' : '-';
  const auto parts = base::split(text, separator);
  MacAddress mac{};
  if (parts.size() != mac.size()) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    if (parts[i].size() != 2) return std::nullopt;
    const auto [end, error] = std::from_chars(parts[i].data(), parts[i].data() + 2, mac[i], 16);
    if (error != std::errc() || end != parts[i].data() + 2) return std::nullopt;
  }
  constexpr std::uint8_t group_bit = 1;
  if ((mac[0] & group_bit) != 0 || std::ranges::all_of(mac, [](auto byte) { return byte == 0; }))
    return std::nullopt;
  return mac;
}

std::string to_string(const MacAddress& mac) {
  std::string text;
  for (const auto& byte : mac) text += (text.empty() ? "" : ":") + base::to_hex(&byte, 1);
  return text;
}

std::optional<MacAddress> mac_of(const boost::asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return find(AF_INET, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  const auto bytes = address.to_v6().to_bytes();
  return find(AF_INET6, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace watchrig::platform

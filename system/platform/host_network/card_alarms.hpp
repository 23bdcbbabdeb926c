#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "system/base/clock.hpp"
#include "system/platform/host_network/arp_packet.hpp"

namespace watchrig::platform {

/// A network card as CardAlarms judges it.
struct WatchedCard {
  unsigned index = 0;  ///< the operating system's
  std::string name;
  MacAddress mac{};
  bool enabled = false;  ///< switched on by an operator
  bool online = false;   ///< there is a carrier
  std::vector<Ipv4> addresses;
};

/// That something at a card begins or ends.
struct CardNews {
  enum class Kind { link, address_conflict, mac_conflict };
  Kind kind = Kind::link;
  bool began = false;
  std::string card;
  std::string address = {};  ///< in a conflict: the one that both have, or the other host's
  std::string mac = {};      ///< in a conflict: the other host's, or the one that both have

  bool operator==(const CardNews&) const = default;
};

/// Tells of the cards' links and of other hosts that have their addresses, once when it begins and once when
/// it ends. A card that is switched on when it is seen first of all and gets no link then has lost it while
/// nobody watched; one that comes later, or is switched on later without a link, has lost none. One thread.
class CardAlarms {
 public:
  using News = std::vector<CardNews>;
  /// A host that has the same IPv4 address is gone when it leaves so many questions unanswered.
  static constexpr unsigned unanswered_at_end = 3;
  /// One that has the same MAC address, which cannot be asked, when it is silent for so long.
  static constexpr base::Duration silence_at_end = std::chrono::minutes(5);
  /// So often a card is seen without a link before it has lost it while nobody watched: after a start of the
  /// machine cards are still agreeing on their speed.
  static constexpr unsigned looks_at_start = 10;

  /// `lost`: names of the cards whose link was told as lost before, and not as restored. They are told as
  /// lost again where they still are, and as restored as soon as they have a link.
  explicit CardAlarms(const std::set<std::string>& lost = {});

  /// All cards, as they are now.
  News see(std::vector<WatchedCard> cards);
  /// What came in at a card. What the cards themselves send is not a conflict.
  News hear(unsigned index, const ArpPacket& packet, base::UtcTime now);
  /// The cards that have a link have asked for their addresses by arp_probe() once more.
  News asked(base::UtcTime now);

 private:
  struct Link {
    bool had = false;
    bool lost = false;
    unsigned looks_left = 0;  ///< without a link from the start on, until it is told as lost
  };
  struct Rival {
    std::string mac;
    unsigned unanswered = 0;
  };
  struct Double {
    std::string mac;
    std::string address;
    base::UtcTime heard;
  };
  bool is_there(const std::string& card, Ipv4 address) const;

  bool is_first_look_ = true;
  std::vector<WatchedCard> cards_;
  std::map<std::string, Link> links_;
  std::map<std::pair<std::string, Ipv4>, Rival> rivals_;
  std::map<std::string, Double> doubles_;
};

}  // namespace watchrig::platform

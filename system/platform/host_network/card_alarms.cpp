#include "system/platform/host_network/card_alarms.hpp"

#include <algorithm>

namespace watchrig::platform {

namespace {

using Kind = CardNews::Kind;

bool has_address(const WatchedCard& card, Ipv4 address) {
  return std::ranges::find(card.addresses, address) != card.addresses.end();
}

}  // namespace

CardAlarms::CardAlarms(const std::set<std::string>& lost) {
  for (const auto& card : lost) links_[card].lost = true;
}

bool CardAlarms::is_there(const std::string& card, Ipv4 address) const {
  return std::ranges::any_of(
      cards_, [&](const WatchedCard& one) { return one.name == card && has_address(one, address); });
}

CardAlarms::News CardAlarms::see(std::vector<WatchedCard> cards) {
  News news;
  cards_ = std::move(cards);
  for (const auto& card : cards_) {
    auto& link = links_[card.name];
    if (is_first_look_) link.looks_left = looks_at_start;
    if (!card.enabled) {
      link.had = false;
      link.looks_left = 0;
    } else if (card.online) {
      if (link.lost) news.push_back({Kind::link, false, card.name});
      link = {.had = true};
    } else if (link.looks_left > 0 ? --link.looks_left == 0 : link.had && !link.lost) {
      link.lost = true;
      news.push_back({Kind::link, true, card.name});
    }
  }
  is_first_look_ = false;
  // One that is gone may come back, and has its link again then.
  std::erase_if(links_, [this](const auto& link) {
    return !link.second.lost && std::ranges::find(cards_, link.first, &WatchedCard::name) == cards_.end();
  });
  std::erase_if(rivals_, [&](const auto& entry) {
    const auto& [card, address] = entry.first;
    if (is_there(card, address)) return false;
    news.push_back({Kind::address_conflict, false, card, format_ipv4(address), entry.second.mac});
    return true;
  });
  return news;
}

CardAlarms::News CardAlarms::hear(unsigned index, const ArpPacket& packet, base::UtcTime now) {
  const auto card = std::ranges::find(cards_, index, &WatchedCard::index);
  if (card == cards_.end() || packet.sender_address == 0) return {};
  const auto mac = to_string(packet.sender);
  const auto address = format_ipv4(packet.sender_address);
  if (std::ranges::find(cards_, packet.sender, &WatchedCard::mac) != cards_.end()) {
    // Two cards at one network hear each other.
    const bool own = std::ranges::any_of(
        cards_, [&](const WatchedCard& one) { return has_address(one, packet.sender_address); });
    if (own || card->mac != packet.sender) return {};
    const auto [known, is_new] = doubles_.try_emplace(card->name, Double{mac, address, now});
    known->second.heard = now;
    if (!is_new) return {};
    return {{Kind::mac_conflict, true, card->name, address, mac}};
  }
  if (!has_address(*card, packet.sender_address)) return {};
  const auto [known, is_new] = rivals_.try_emplace({card->name, packet.sender_address}, Rival{mac});
  known->second.unanswered = 0;
  if (!is_new) return {};
  return {{Kind::address_conflict, true, card->name, address, mac}};
}

CardAlarms::News CardAlarms::asked(base::UtcTime now) {
  News news;
  // Who has no link asks nobody.
  for (auto& [place, rival] : rivals_) {
    const auto card = std::ranges::find(cards_, place.first, &WatchedCard::name);
    if (card != cards_.end() && card->enabled && card->online) ++rival.unanswered;
  }
  std::erase_if(rivals_, [&](const auto& entry) {
    if (entry.second.unanswered <= unanswered_at_end) return false;
    news.push_back({Kind::address_conflict, false, entry.first.first, format_ipv4(entry.first.second),
                    entry.second.mac});
    return true;
  });
  std::erase_if(doubles_, [&](const auto& entry) {
    const auto& [mac, address, heard] = entry.second;
    if (now >= heard && now - heard < silence_at_end) return false;
    news.push_back({Kind::mac_conflict, false, entry.first, address, mac});
    return true;
  });
  return news;
}

}  // namespace watchrig::platform

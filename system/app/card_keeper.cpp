#include "system/app/card_keeper.hpp"

#include <set>

#include <fmt/format.h>

#include "system/base/log.hpp"

namespace watchrig::app {

using platform::CardNews;

namespace {

constexpr const char* link_lost = "network.link-lost";
constexpr const char* link_restored = "network.link-restored";

central::Event event_of(const CardNews& news) {
  central::Event event;
  // One alarm for each card, and in a conflict for each address of it.
  event.data = {{"card", news.card}, {"source", news.card}};
  switch (news.kind) {
    case CardNews::Kind::link:
      event.type = news.began ? link_lost : link_restored;
      event.cause = "link";
      event.message = fmt::format("network card \"{}\": {}", news.card,
                                  news.began ? "its link is lost: look at the cable and at what is behind it"
                                             : "its link is there again");
      return event;
    case CardNews::Kind::address_conflict:
      event.type = news.began ? "network.address-conflict" : "network.address-conflict-ended";
      event.cause = "ip";
      event.message =
          news.began ? fmt::format(
                           "network card \"{}\": its address {} is also that of the host with the MAC "
                           "address {}: give one of them another",
                           news.card, news.address, news.mac)
                     : fmt::format("network card \"{}\": no other host answers for its address {} any more",
                                   news.card, news.address);
      event.data["source"] = fmt::format("{} {}", news.card, news.address);
      break;
    case CardNews::Kind::mac_conflict:
      event.type = news.began ? "network.mac-conflict" : "network.mac-conflict-ended";
      event.cause = "mac";
      event.message = news.began
                          ? fmt::format(
                                "network card \"{}\": its MAC address {} is also that of the host {}: "
                                "have one of them use another",
                                news.card, news.mac, news.address)
                          : fmt::format(
                                "network card \"{}\": nothing is heard any more of another host with its "
                                "MAC address {}",
                                news.card, news.mac);
      break;
  }
  event.data["address"] = news.address;
  event.data["mac"] = news.mac;
  return event;
}

/// The cards whose link is lost by what the log has of earlier runs.
std::set<std::string> lost_before(const central::EventLog& events) {
  std::set<std::string> lost;
  const auto read = events.each_of({link_lost, link_restored}, [&](const central::Event& event) {
    const auto* card = event.data.if_contains("card");
    if (!card || !card->is_string()) return;
    if (event.type == link_lost)
      lost.emplace(card->get_string());
    else
      lost.erase(std::string(card->get_string()));
  });
  if (!read)
    base::log_warning("which network cards had no link before is not known: {}", read.error().message);
  return lost;
}

}  // namespace

std::unique_ptr<platform::CardWatch> keep_cards(const std::string& name_space, const base::Clock& clock,
                                                central::EventLog& events) {
  auto watch = platform::CardWatch::start(name_space, clock, lost_before(events),
                                          [&events](const CardNews& news) { events.append(event_of(news)); });
  if (watch) return *std::move(watch);
  base::log_warning("{}", watch.error().message);
  return nullptr;
}

}  // namespace watchrig::app

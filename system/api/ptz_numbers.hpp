#pragma once

#include <algorithm>
#include <map>

#include "system/base/text.hpp"
#include "system/central/ptz/ptz_book.hpp"

namespace watchrig::api {

/// Gives numbers to a device's presets or tours: those of the book first, then each that is called by a free
/// number that number, the others the lowest free ones in the device's order. What comes after 128 has none.
template <class Item>
std::map<unsigned, Item> numbered(const std::vector<Item>& items, const central::PtzBook::Entries& book) {
  constexpr unsigned most = central::PtzBook::most;
  std::map<unsigned, Item> all;
  std::vector<const Item*> rest;
  for (const auto& item : items) {
    const auto known = std::ranges::find(book, item.token, [](const auto& entry) { return entry.second; });
    if (known == book.end() || !all.emplace(known->first, item).second) rest.push_back(&item);
  }
  std::vector<const Item*> last;
  for (const auto* item : rest) {
    const auto own = base::parse_number<unsigned>(item->token).value_or(0);
    if (own == 0 || own > most || !all.emplace(own, *item).second) last.push_back(item);
  }
  unsigned number = 1;
  for (const auto* item : last) {
    while (all.contains(number)) ++number;
    if (number > most) break;
    all.emplace(number, *item);
  }
  return all;
}

}  // namespace watchrig::api

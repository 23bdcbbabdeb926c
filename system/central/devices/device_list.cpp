#include "system/central/devices/device_list.hpp"

#include <algorithm>
#include <compare>
#include <tuple>

#include "system/central/devices/name_search.hpp"

namespace watchrig::central {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Queries whose texts are folded once.
bool matches(const DeviceEntry& entry, const DeviceQuery& query, const std::string& text) {
  const Device& device = *entry.device;
  return (query.driver.empty() || device.driver == query.driver) &&
         (query.type.empty() || device.type == query.type) &&
         (!query.storage_server || device.storage_server == *query.storage_server) &&
         (!query.in_area || query.in_area(entry.area)) && holds(entry.folded_name, text) &&
         holds(entry.address.host, query.address) && (!query.accept || query.accept(device));
}

/// Puts those of the page at their places; equal ones are in order of their ids. To sort all of a large
/// configuration for a page would take longer than all else.
void sort(std::vector<const DeviceEntry*>& entries, const DeviceQuery& query) {
  const auto by = [&](auto key) {
    const auto before = [&](const DeviceEntry* a, const DeviceEntry* b) {
      const auto order = key(*a) <=> key(*b);
      if (std::is_neq(order)) return query.descending ? std::is_gt(order) : std::is_lt(order);
      return a->number < b->number;
    };
    const auto offset = std::min(query.offset, entries.size());
    const auto first = entries.begin() + static_cast<std::ptrdiff_t>(offset);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(query.limit, entries.size() - offset));
    std::nth_element(entries.begin(), first, entries.end(), before);
    std::partial_sort(first, last, entries.end(), before);
  };
  switch (query.sort) {
    case DeviceSort::id:
      if (query.descending) std::ranges::reverse(entries);
      break;
    case DeviceSort::name:
      by([](const DeviceEntry& e) -> const std::string& { return e.folded_name; });
      break;
    case DeviceSort::address:
      by([](const DeviceEntry& e) { return std::tie(e.address.host, e.address.port); });
      break;
    case DeviceSort::area:
      by([](const DeviceEntry& e) { return e.area; });
      break;
    case DeviceSort::driver:
      by([](const DeviceEntry& e) -> const std::string& { return e.device->driver; });
      break;
    case DeviceSort::type:
      by([](const DeviceEntry& e) -> const std::string& { return e.device->type; });
      break;
  }
}

}  // namespace

DeviceEntry::DeviceEntry(Device made)
    : device(std::make_shared<const Device>(std::move(made))),
      number(number_of_id(device->id, 'd')),
      area(number_of_id(device->area, 'a')),
      folded_name(folded(device->name)),
      address(address_of(*device)) {}

std::optional<DeviceSort> device_sort_from(std::string_view text) {
  if (text == "id") return DeviceSort::id;
  if (text == "name") return DeviceSort::name;
  if (text == "address") return DeviceSort::address;
  if (text == "area") return DeviceSort::area;
  if (text == "driver") return DeviceSort::driver;
  if (text == "type") return DeviceSort::type;
  return std::nullopt;
}

Page<DevicePtr> page_of(const std::vector<DeviceEntryPtr>& entries, const DeviceQuery& query) {
  const std::string text = folded(query.text);
  std::vector<const DeviceEntry*> found;
  for (const auto& entry : entries) {
    if (matches(*entry, query, text)) found.push_back(entry.get());
  }
  sort(found, query);
  Page<DevicePtr> page{{}, found.size()};
  for (std::size_t i = query.offset; i < found.size() && page.items.size() < query.limit; ++i) {
    page.items.push_back(found[i]->device);
  }
  return page;
}

Page<ChannelOfDevice> page_of(const std::vector<DeviceEntryPtr>& entries, const ChannelQuery& query) {
  const std::string text = folded(query.text);
  Page<ChannelOfDevice> page;
  for (const auto& entry : entries) {
    const DevicePtr& device = entry->device;
    for (const Channel& channel : device->channels) {
      if (!text.empty() && !holds(folded(channel.name), text)) continue;
      if (!holds(entry->address.host, query.address)) {
        const auto streams = streams_of(*device, channel);
        if (std::ranges::none_of(streams, [&](const auto& one) { return holds(one.second, query.address); }))
          continue;
      }
      if (query.accept && !query.accept(*device, channel)) continue;
      if (page.total++ >= query.offset && page.items.size() < query.limit)
        page.items.push_back({device, &channel});
    }
  }
  return page;
}

}  // namespace watchrig::central

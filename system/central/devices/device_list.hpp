#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "system/central/devices/device.hpp"

namespace watchrig::central {

/// One page of a list.
template <class T>
struct Page {
  std::vector<T> items;
  std::size_t total = 0;  ///< of all pages
};

/// A device as lists find it; unchanged once made.
struct DeviceEntry {
  explicit DeviceEntry(Device device);

  DevicePtr device;
  std::int64_t number = 0;
  std::int64_t area = 0;
  std::string folded_name;
  DeviceAddress address;
};
using DeviceEntryPtr = std::shared_ptr<const DeviceEntry>;

enum class DeviceSort { id, name, address, area, driver, type };
std::optional<DeviceSort> device_sort_from(std::string_view text);

/// Which devices, in which order; what is left out does not narrow.
struct DeviceQuery {
  std::string text;     ///< part of the name, whatever its case
  std::string address;  ///< part of the host's name or IP address
  std::string driver;
  std::string type;
  std::optional<std::string> storage_server;  ///< empty: those without one
  std::function<bool(std::int64_t area)> in_area;
  std::function<bool(const Device&)> accept;  ///< asked last: rights, states
  DeviceSort sort = DeviceSort::id;
  bool descending = false;
  std::size_t offset = 0;
  std::size_t limit = 100;
};

/// Which channels; they come by device and number.
struct ChannelQuery {
  std::string text;     ///< part of the channel's name, whatever its case
  std::string address;  ///< part of the device's host, or of the channel's RTSP address
  std::function<bool(const Device&, const Channel&)> accept;
  std::size_t offset = 0;
  std::size_t limit = 100;
};

/// A channel with its device, which keeps it alive.
struct ChannelOfDevice {
  DevicePtr device;
  const Channel* channel = nullptr;
};

/// The entries are in order of their ids.
Page<DevicePtr> page_of(const std::vector<DeviceEntryPtr>& entries, const DeviceQuery& query);
Page<ChannelOfDevice> page_of(const std::vector<DeviceEntryPtr>& entries, const ChannelQuery& query);

}  // namespace watchrig::central

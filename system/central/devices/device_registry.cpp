#include "system/central/devices/device_registry.hpp"

#include <algorithm>
#include <mutex>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

Error no_device(std::string_view id) {
  return {ErrorKind::not_found, fmt::format("there is no device \"{}\"", id)};
}
Error no_channel(std::string_view id) {
  return {ErrorKind::not_found, fmt::format("there is no channel \"{}\"", id)};
}
/// Empty for a device that is reached by its address.
std::string registered_id(const Device& device) {
  const auto* driver = find_driver(device.driver);
  return driver && driver->dials_in ? address_of(device).host : std::string();
}
const Channel* channel_of(const Device& device, std::int64_t number) {
  const auto found = std::ranges::find(device.channels, fmt::format("c{}", number), &Channel::id);
  return found == device.channels.end() ? nullptr : &*found;
}

}  // namespace

Result<std::unique_ptr<DeviceRegistry>> DeviceRegistry::open(const std::filesystem::path& file,
                                                             const platform::SecretVault& vault) {
  auto database = DeviceDatabase::open(file, vault);
  if (!database) return database.error();
  std::unique_ptr<DeviceRegistry> registry(new DeviceRegistry(std::move(*database)));
  // Areas refer to each other in any order once some were moved; put() asks for no parent.
  const auto loaded = registry->database_.load([&](Device device) { registry->put(std::move(device)); },
                                               [&](const Area& area) { registry->tree_.put(area); });
  if (!loaded) return loaded.error();
  return registry;
}

void DeviceRegistry::put(Device device) {
  listed_.reset();
  auto entry = std::make_shared<const DeviceEntry>(std::move(device));
  const std::int64_t number = entry->number;
  if (devices_.contains(number)) take_out(number);
  device_names_[entry->device->name] = number;
  if (auto id = registered_id(*entry->device); !id.empty()) registered_ids_[std::move(id)] = number;
  ++area_counts_[entry->area];
  for (const Channel& channel : entry->device->channels) {
    const std::int64_t id = number_of_id(channel.id, 'c');
    channel_devices_[id] = number;
    channel_names_[channel.name].insert(id);
  }
  devices_[number] = std::move(entry);
}

void DeviceRegistry::take_out(std::int64_t number) {
  listed_.reset();
  const auto it = devices_.find(number);
  const DeviceEntryPtr entry = it->second;
  device_names_.erase(entry->device->name);
  registered_ids_.erase(registered_id(*entry->device));
  --area_counts_[entry->area];
  for (const Channel& channel : entry->device->channels) {
    const std::int64_t id = number_of_id(channel.id, 'c');
    channel_devices_.erase(id);
    const auto named = channel_names_.find(channel.name);
    named->second.erase(id);
    if (named->second.empty()) channel_names_.erase(named);
  }
  devices_.erase(it);
}

FieldResult<Device> DeviceRegistry::acceptable(Device device, std::int64_t number) const {
  auto valid = checked(std::move(device));
  if (!valid) return valid;
  const auto named = device_names_.find(valid->name);
  if (named != device_names_.end() && named->second != number) {
    return FieldError{"name",
                      {ErrorKind::conflict, fmt::format("a device named \"{}\" exists", valid->name)}};
  }
  const auto same_id = registered_ids_.find(registered_id(*valid));
  if (same_id != registered_ids_.end() && same_id->second != number) {
    return FieldError{"streams.main", {ErrorKind::conflict, "another device registers by this id"}};
  }
  if (!tree_.find(number_of_id(valid->area, 'a')))
    return FieldError{"area", {ErrorKind::not_found, fmt::format("there is no area \"{}\"", valid->area)}};
  return valid;
}

std::vector<FieldResult<Device>> DeviceRegistry::acceptable(std::vector<Device> devices) const {
  std::vector<FieldResult<Device>> rows;
  std::set<std::string> names, ids;
  for (Device& device : devices) {
    const std::string name = device.name;
    rows.push_back(acceptable(std::move(device), -1));
    if (rows.back() && devices_.size() + names.size() >= most_devices) {
      rows.back() =
          FieldError{{}, {ErrorKind::full, fmt::format("there are {} devices already", most_devices)}};
    }
    if (rows.back() && !names.insert(name).second)
      rows.back() = FieldError{"name", {ErrorKind::conflict, fmt::format("\"{}\" comes twice", name)}};
    if (!rows.back()) continue;
    const auto id = registered_id(*rows.back());
    if (!id.empty() && !ids.insert(id).second)
      rows.back() = FieldError{"streams.main", {ErrorKind::conflict, fmt::format("\"{}\" comes twice", id)}};
  }
  return rows;
}

std::vector<FieldResult<Device>> DeviceRegistry::check(std::vector<Device> devices) const {
  const std::shared_lock lock(mutex_);
  return acceptable(std::move(devices));
}

std::vector<FieldResult<DevicePtr>> DeviceRegistry::add(std::vector<Device> devices) {
  const std::lock_guard writer(writing_);
  auto rows = acceptable(std::move(devices));
  const auto written = database_.transaction([&]() -> Result<> {
    for (auto& row : rows) {
      if (!row) continue;
      if (const auto done = database_.insert(*row); !done) return done;
    }
    return {};
  });
  const std::unique_lock lock(mutex_);
  std::vector<FieldResult<DevicePtr>> results;
  for (auto& row : rows) {
    if (!row) {
      results.emplace_back(row.error());
    } else if (!written) {
      results.emplace_back(FieldError{{}, written.error()});
    } else {
      const std::int64_t number = number_of_id(row->id, 'd');
      put(std::move(*row));
      results.emplace_back(devices_.at(number)->device);
    }
  }
  return results;
}

FieldResult<DevicePtr> DeviceRegistry::add(Device device) {
  std::vector<Device> one;
  one.push_back(std::move(device));
  return add(std::move(one)).front();
}

FieldResult<DeviceRegistry::Changed> DeviceRegistry::change(std::string_view id, const Change& change) {
  const std::lock_guard writer(writing_);
  const std::int64_t number = number_of_id(id, 'd');
  const auto it = devices_.find(number);
  if (it == devices_.end()) return FieldError{{}, no_device(id)};
  Changed changed{it->second->device, nullptr};
  Device copy = *changed.before;
  if (auto done = change(copy); !done) return done.error();
  ++copy.version;
  auto valid = acceptable(std::move(copy), number);
  if (!valid) return valid.error();
  if (const auto done = database_.update(*valid, *changed.before); !done) return FieldError{{}, done.error()};
  const std::unique_lock lock(mutex_);
  put(std::move(*valid));
  changed.after = devices_.at(number)->device;
  return changed;
}

FieldResult<DevicePtr> DeviceRegistry::remove(std::string_view id, const Change& may) {
  const std::lock_guard writer(writing_);
  const std::int64_t number = number_of_id(id, 'd');
  const auto it = devices_.find(number);
  if (it == devices_.end()) return FieldError{{}, no_device(id)};
  const DevicePtr device = it->second->device;
  if (may) {
    Device copy = *device;
    if (auto allowed = may(copy); !allowed) return allowed.error();
  }
  if (const auto done = database_.erase_device(number); !done) return FieldError{{}, done.error()};
  const std::unique_lock lock(mutex_);
  take_out(number);
  return device;
}

Result<DevicePtr> DeviceRegistry::find(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto it = devices_.find(number_of_id(id, 'd'));
  if (it == devices_.end()) return no_device(id);
  return it->second->device;
}

std::shared_ptr<const std::vector<DeviceEntryPtr>> DeviceRegistry::entries() const {
  {
    const std::shared_lock lock(mutex_);
    if (listed_) return listed_;
  }
  const std::unique_lock lock(mutex_);
  if (!listed_) {
    std::vector<DeviceEntryPtr> all;
    all.reserve(devices_.size());
    for (const auto& [number, entry] : devices_) all.push_back(entry);
    listed_ = std::make_shared<const std::vector<DeviceEntryPtr>>(std::move(all));
  }
  return listed_;
}

// The pointers are taken out first: a query asks for rights, which ask for areas.
Page<DevicePtr> DeviceRegistry::list(const DeviceQuery& query) const { return page_of(*entries(), query); }

Page<ChannelOfDevice> DeviceRegistry::list(const ChannelQuery& query) const {
  return page_of(*entries(), query);
}

Result<DevicePtr> DeviceRegistry::find_registered(std::string_view device_id) const {
  const std::shared_lock lock(mutex_);
  const auto found = registered_ids_.find(std::string(device_id));
  if (found == registered_ids_.end()) return Error{ErrorKind::not_found, "unknown device id"};
  return devices_.at(found->second)->device;
}

Result<ChannelOfDevice> DeviceRegistry::find_channel(std::string_view id_or_name) const {
  const std::shared_lock lock(mutex_);
  std::int64_t number = number_of_id(id_or_name, 'c');
  if (!channel_devices_.contains(number)) {
    const auto named = channel_names_.find(std::string(id_or_name));
    if (named == channel_names_.end()) return no_channel(id_or_name);
    number = *named->second.begin();
  }
  const DevicePtr device = devices_.at(channel_devices_.at(number))->device;
  return ChannelOfDevice{device, channel_of(*device, number)};
}

FieldResult<Channel> DeviceRegistry::set_recording(std::string_view channel,
                                                   const std::function<FieldResult<void>(Channel&)>& change) {
  const std::lock_guard writer(writing_);
  const std::int64_t number = number_of_id(channel, 'c');
  const auto of = channel_devices_.find(number);
  if (of == channel_devices_.end()) return FieldError{{}, no_channel(channel)};
  Device copy = *devices_.at(of->second)->device;
  Channel& changed = *std::ranges::find(copy.channels, channel, &Channel::id);
  const auto stream_before = changed.recorded_stream;
  if (auto may = change(changed); !may) return may.error();
  const bool recorded = changed.plan != RecordPlan::none || changed.by_hand_until != base::UtcTime{};
  if (recorded && copy.storage_server.empty()) {
    return FieldError{{},
                      {ErrorKind::conflict,
                       fmt::format("device \"{0}\" has no storage server: PATCH /api/v1/devices/{1} with "
                                   "storage_server first",
                                   copy.name, copy.id)}};
  }
  const bool stream_matters = recorded || changed.recorded_stream != stream_before;
  if (stream_matters && !streams_of(copy, changed).contains(changed.recorded_stream)) {
    return FieldError{"stream",
                      {ErrorKind::invalid, fmt::format("channel \"{}\" has no stream \"{}\"", changed.name,
                                                       changed.recorded_stream)}};
  }
  Channel result = changed;
  if (const auto done = database_.set_recording(result); !done) return FieldError{{}, done.error()};
  const std::unique_lock lock(mutex_);
  put(std::move(copy));
  return result;
}

Result<boost::json::object> DeviceRegistry::information(std::string_view device) {
  const auto found = find(device);
  if (!found) return found.error();
  const std::lock_guard writer(writing_);
  const auto text = database_.information(number_of_id(device, 'd'));
  if (!text) return text.error();
  if (text->empty()) return boost::json::object();
  boost::system::error_code failure;
  auto value = boost::json::parse(*text, failure);
  if (failure || !value.is_object()) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("what device \"{}\" told of itself cannot be read any more: refresh it", (*found)->name)};
  }
  return std::move(value.as_object());
}

Result<> DeviceRegistry::set_information(std::string_view device, const boost::json::object& information) {
  const std::lock_guard writer(writing_);
  const auto found = find(device);
  if (!found) return found.error();
  return database_.set_information(number_of_id(device, 'd'), boost::json::serialize(information));
}

Result<std::string> DeviceRegistry::certificate_pin(std::string_view device) {
  const std::lock_guard writer(writing_);
  if (const auto found = find(device); !found) return found.error();
  return database_.certificate_pin(number_of_id(device, 'd'));
}

Result<> DeviceRegistry::set_certificate_pin(std::string_view device, const std::string& fingerprint) {
  const std::lock_guard writer(writing_);
  if (const auto found = find(device); !found) return found.error();
  return database_.set_certificate_pin(number_of_id(device, 'd'), fingerprint);
}

}  // namespace watchrig::central

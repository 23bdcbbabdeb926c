#include <mutex>

#include <fmt/format.h>

#include "system/central/devices/device_registry.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

Error no_area(std::int64_t id) { return {ErrorKind::not_found, fmt::format("there is no area \"a{}\"", id)}; }

}  // namespace

AreaOfDevices DeviceRegistry::with_count(const Area& area) const {
  const auto count = area_counts_.find(area.id);
  return {area, count == area_counts_.end() ? 0 : count->second};
}

FieldResult<AreaOfDevices> DeviceRegistry::add_area(Area area) {
  const std::lock_guard writer(writing_);
  area.id = -1;
  area.version = 1;
  if (auto valid = tree_.check(area, true); !valid) return valid.error();
  if (const auto done = database_.insert(area); !done) return FieldError{{}, done.error()};
  const std::unique_lock lock(mutex_);
  tree_.put(area);
  return with_count(area);
}

FieldResult<AreaOfDevices> DeviceRegistry::change_area(std::int64_t id, const AreaChange& change) {
  const std::lock_guard writer(writing_);
  const Area* before = tree_.find(id);
  if (!before) return FieldError{{}, no_area(id)};
  Area area = *before;
  if (auto done = change(area); !done) return done.error();
  ++area.version;
  if (auto valid = tree_.check(area, false); !valid) return valid.error();
  if (const auto done = database_.update(area); !done) return FieldError{{}, done.error()};
  const std::unique_lock lock(mutex_);
  tree_.put(area);
  return with_count(area);
}

FieldResult<Area> DeviceRegistry::remove_area(std::int64_t id, const AreaChange& may) {
  const std::lock_guard writer(writing_);
  if (const auto possible = tree_.check_removal(id); !possible) return FieldError{{}, possible.error()};
  Area area = *tree_.find(id);
  if (may) {
    if (auto allowed = may(area); !allowed) return allowed.error();
  }
  if (const auto count = with_count(area).devices; count > 0) {
    return FieldError{
        {},
        {ErrorKind::conflict,
         fmt::format("area \"{}\" has {} devices: move or remove them first", area.name, count)}};
  }
  if (const auto done = database_.erase_area(id); !done) return FieldError{{}, done.error()};
  const std::unique_lock lock(mutex_);
  tree_.erase(id);
  return area;
}

Result<AreaOfDevices> DeviceRegistry::find_area(std::int64_t id) const {
  const std::shared_lock lock(mutex_);
  const Area* area = tree_.find(id);
  if (!area) return no_area(id);
  return with_count(*area);
}

std::vector<AreaOfDevices> DeviceRegistry::areas() const {
  const std::shared_lock lock(mutex_);
  std::vector<AreaOfDevices> list;
  for (const Area& area : tree_.all()) list.push_back(with_count(area));
  return list;
}

std::vector<std::int64_t> DeviceRegistry::area_path(std::int64_t area) const {
  const std::shared_lock lock(mutex_);
  return tree_.path(area);
}

std::vector<std::int64_t> DeviceRegistry::area_path_of_channel(std::string_view channel) const {
  const std::shared_lock lock(mutex_);
  const auto of = channel_devices_.find(number_of_id(channel, 'c'));
  if (of == channel_devices_.end()) return {};
  return tree_.path(devices_.at(of->second)->area);
}

}  // namespace watchrig::central

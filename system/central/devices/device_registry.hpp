#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/json/object.hpp>

#include "system/central/devices/area_tree.hpp"
#include "system/central/devices/device_database.hpp"
#include "system/central/devices/device_list.hpp"

namespace watchrig::central {

/// An area with the number of devices in it, without those in areas below.
struct AreaOfDevices {
  Area area;
  std::size_t devices = 0;
};

/// The areas, devices and channels, kept in a database over restarts. Reads share pointers to what does not
/// change any more and never wait for the disk of another read. Any thread.
class DeviceRegistry {
 public:
  static constexpr std::size_t most_devices = 50'000;

  struct Changed {
    DevicePtr before;
    DevicePtr after;
  };
  /// Changes a copy of the device, or says why not; called while nothing else can change. May read the
  /// registry, must not change it.
  using Change = std::function<FieldResult<void>(Device&)>;
  using AreaChange = std::function<FieldResult<void>(Area&)>;

  static base::Result<std::unique_ptr<DeviceRegistry>> open(const std::filesystem::path& file,
                                                            const platform::SecretVault& vault);

  /// Errors: conflict (the name is taken), not_found (the area), full, invalid with the field.
  FieldResult<DevicePtr> add(Device device);
  /// Each by itself, but with one write to the disk: a wrong one keeps none of the others out.
  std::vector<FieldResult<DevicePtr>> add(std::vector<Device> devices);
  /// What add would say to each, without adding any.
  std::vector<FieldResult<Device>> check(std::vector<Device> devices) const;
  /// Errors: not_found, what `change` returns, and those of add.
  FieldResult<Changed> change(std::string_view id, const Change& change);
  /// `may` is asked first. Errors: not_found, what `may` returns.
  FieldResult<DevicePtr> remove(std::string_view id, const Change& may = {});
  base::Result<DevicePtr> find(std::string_view id) const;
  Page<DevicePtr> list(const DeviceQuery& query) const;

  /// The device that registers by this id of its own. Errors: not_found.
  base::Result<DevicePtr> find_registered(std::string_view device_id) const;

  /// By id, or else the oldest of that name. Errors: not_found.
  base::Result<ChannelOfDevice> find_channel(std::string_view id_or_name) const;
  Page<ChannelOfDevice> list(const ChannelQuery& query) const;
  /// What is recorded of a channel, and when: plan, stream, schedule, or by hand. Errors: not_found for the
  /// channel, invalid for a stream that its device does not have, conflict for a device without a storage
  /// server; those of `change`.
  FieldResult<Channel> set_recording(std::string_view channel,
                                     const std::function<FieldResult<void>(Channel&)>& change);

  /// What the device told of itself when it was last asked; an empty object until then. It is no part of the
  /// configuration: the version stays. Errors: not_found.
  base::Result<boost::json::object> information(std::string_view device);
  base::Result<> set_information(std::string_view device, const boost::json::object& information);

  /// The fingerprint of the certificate by which a device is known; empty while none was seen. Neither is it
  /// a part of the configuration. Errors: not_found.
  base::Result<std::string> certificate_pin(std::string_view device);
  base::Result<> set_certificate_pin(std::string_view device, const std::string& fingerprint);

  /// Errors: those of AreaTree::check.
  FieldResult<AreaOfDevices> add_area(Area area);
  FieldResult<AreaOfDevices> change_area(std::int64_t id, const AreaChange& change);
  /// Errors: not_found, denied (the root), conflict (something is in it), what `may` returns.
  FieldResult<Area> remove_area(std::int64_t id, const AreaChange& may = {});
  base::Result<AreaOfDevices> find_area(std::int64_t id) const;
  /// Parents before children.
  std::vector<AreaOfDevices> areas() const;
  /// From the area up to the root; empty when there is no such area.
  std::vector<std::int64_t> area_path(std::int64_t area) const;
  std::vector<std::int64_t> area_path_of_channel(std::string_view channel) const;

  /// Also those of devices that are gone.
  base::Result<GivenIds> given_ids();
  /// Ids to come are above these.
  base::Result<> skip_ids(const GivenIds& given);

  /// What the passwords are sealed with; for backups.
  const platform::SecretVault& vault() const { return database_.vault(); }

 private:
  explicit DeviceRegistry(DeviceDatabase database) : database_(std::move(database)) {}
  // Of a writer, who alone may change what mutex_ guards, or under mutex_.
  std::vector<FieldResult<Device>> acceptable(std::vector<Device> devices) const;
  FieldResult<Device> acceptable(Device device, std::int64_t number) const;
  void put(Device device);
  void take_out(std::int64_t number);
  AreaOfDevices with_count(const Area& area) const;
  std::shared_ptr<const std::vector<DeviceEntryPtr>> entries() const;

  std::mutex
      writing_;  ///< one change at a time; held over the write to the disk, which readers do not wait for
  mutable std::shared_mutex mutex_;
  DeviceDatabase database_;
  AreaTree tree_;
  std::map<std::int64_t, DeviceEntryPtr> devices_;
  /// Those, for lists; null since the last change.
  mutable std::shared_ptr<const std::vector<DeviceEntryPtr>> listed_;
  std::unordered_map<std::string, std::int64_t> device_names_;
  std::unordered_map<std::string, std::int64_t> registered_ids_;  ///< of the devices that register here
  std::unordered_map<std::int64_t, std::int64_t> channel_devices_;
  std::unordered_map<std::string, std::set<std::int64_t>> channel_names_;
  std::unordered_map<std::int64_t, std::size_t> area_counts_;
};

}  // namespace watchrig::central

#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"
#include "system/central/field_error.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

enum class Transport { tcp, udp };
enum class RecordPlan { none, continuous };

std::string_view to_string(Transport transport);
std::string_view to_string(RecordPlan plan);
std::optional<Transport> transport_from(std::string_view text);
std::optional<RecordPlan> record_plan_from(std::string_view text);

/// One video channel of a device.
struct Channel {
  std::string id;  ///< "c1"; never used again
  std::string name;
  RecordPlan plan = RecordPlan::none;
  std::string recorded_stream = "main";
};

/// A remote device as an operator adds it.
struct Device {
  std::string id;               ///< "d1"; never used again
  std::string name;             ///< 1 to 63 bytes, unique
  std::string driver = "rtsp";  ///< the only one so far
  std::map<std::string, std::string>
      streams;  ///< "main" and perhaps "sub" -> rtsp:// address without a password
  std::string username;
  std::string password;
  Transport transport = Transport::tcp;
  std::vector<Channel> channels;
};

/// Checks what an operator entered, and takes credentials out of the addresses into the fields when those are
/// empty.
FieldResult<Device> checked(Device device);

/// The devices and their channels, kept in a database over restarts. Any thread.
class DeviceRegistry {
 public:
  static base::Result<std::unique_ptr<DeviceRegistry>> open(const std::filesystem::path& file);

  /// Adds a device with one channel of the same name. Errors: conflict for a taken name, invalid for a field.
  FieldResult<Device> add(Device device);
  /// not_found when there is none.
  base::Result<Device> remove(std::string_view id);
  base::Result<Device> find(std::string_view id) const;
  std::vector<Device> devices() const;
  /// not_found for the channel, invalid for a stream that its device does not have.
  base::Result<Channel> set_plan(std::string_view channel, RecordPlan plan, std::string_view stream);

 private:
  explicit DeviceRegistry(platform::SqliteDatabase database) : database_(std::move(database)) {}
  base::Result<> load();
  base::Result<> insert(Device& device);

  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::vector<Device> devices_;
};

}  // namespace watchrig::central

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/central/devices/device_database.hpp"

namespace watchrig::central {

using base::Result;

namespace {

/// Error: corrupt.
Result<Streams> streams_from(const std::string& text, const std::string& owner) {
  boost::system::error_code failure;
  const auto value = boost::json::parse(text, failure);
  auto streams =
      failure ? boost::system::result<Streams>(failure) : boost::json::try_value_to<Streams>(value);
  if (streams) return *std::move(streams);
  return base::Error{base::ErrorKind::corrupt,
                     fmt::format("{}: the addresses of its streams cannot be read", owner)};
}

}  // namespace

std::string DeviceDatabase::password_purpose(std::int64_t device) {
  return fmt::format("password of device d{}", device);
}

Result<> DeviceDatabase::load(const std::function<void(Device)>& device,
                              const std::function<void(Area)>& area) {
  auto areas = database_.prepare("SELECT id, parent, name, version FROM area ORDER BY id");
  if (!areas) return areas.error();
  for (auto row = areas->step();; row = areas->step()) {
    if (!row) return row.error();
    if (!*row) break;
    area({areas->integer(0), areas->integer(1), areas->text(2), areas->integer(3)});
  }
  auto channels = database_.prepare(
      "SELECT device, id, name, plan, recorded_stream, number, streams, schedule, plan_enabled, "
      "by_hand_until, keep_days, keep_bytes, disk_group FROM channel"
      " ORDER BY device, number, id");
  if (!channels) return channels.error();
  auto devices = database_.prepare(
      "SELECT id, name, driver, username, sealed_password, transport, area, description,"
      " type, manufacturer, channel_count, inputs, outputs, heads, connected, version, storage_server,"
      " certificate, cache_strategy, streams FROM device ORDER BY id");
  if (!devices) return devices.error();
  auto channel = channels->step();
  for (auto row = devices->step();; row = devices->step()) {
    if (!row) return row.error();
    if (!*row) return {};
    const std::int64_t id = devices->integer(0);
    const auto count = [&](int column) { return static_cast<std::uint32_t>(devices->integer(column)); };
    Device one;
    one.id = fmt::format("d{}", id);
    one.name = devices->text(1);
    one.driver = devices->text(2);
    one.username = devices->text(3);
    if (const auto sealed = devices->text(4); !sealed.empty()) {
      auto password = vault_.open_sealed(sealed, password_purpose(id));
      one.password_lost = !password;
      if (password) {
        one.password = *std::move(password);
      } else {
        base::log_error("device \"{}\": {}", one.name, password.error().message);
      }
    }
    one.transport = transport_from(devices->text(5)).value_or(Transport::tcp);
    one.area = fmt::format("a{}", devices->integer(6));
    one.description = devices->text(7);
    one.type = devices->text(8);
    one.manufacturer = devices->text(9);
    one.channel_count = count(10);
    one.inputs = count(11);
    one.outputs = count(12);
    one.heads = count(13);
    one.connected = devices->integer(14) != 0;
    one.version = devices->integer(15);
    one.storage_server = devices->text(16);
    one.certificate = devices->text(17);
    one.cache_strategy = devices->text(18);
    auto streams = streams_from(devices->text(19), "device " + one.id);
    if (!streams) return streams.error();
    one.streams = *std::move(streams);
    for (; channel && *channel && channels->integer(0) <= id; channel = channels->step()) {
      if (channels->integer(0) < id) continue;
      auto id_of_channel = fmt::format("c{}", channels->integer(1));
      auto own = streams_from(channels->text(6), "channel " + id_of_channel);
      if (!own) return own.error();
      one.channels.push_back(
          {std::move(id_of_channel), channels->text(2),
           record_plan_from(channels->text(3)).value_or(RecordPlan::none), channels->text(4),
           static_cast<std::uint32_t>(channels->integer(5)), *std::move(own), channels->text(7),
           channels->integer(8) != 0, base::UtcTime(std::chrono::nanoseconds(channels->integer(9))),
           std::max<std::int64_t>(channels->integer(10), 0), std::max<std::int64_t>(channels->integer(11), 0),
           std::clamp<std::int64_t>(channels->integer(12), 1, most_disk_groups)});
    }
    if (!channel) return channel.error();
    device(std::move(one));
  }
}

}  // namespace watchrig::central

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/central/devices/device_database.hpp"

namespace watchrig::central {

using base::Result;

namespace {

Streams streams_from(std::string main, std::string sub) {
  Streams streams;
  if (!main.empty()) streams["main"] = std::move(main);
  if (!sub.empty()) streams["sub"] = std::move(sub);
  return streams;
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
      "SELECT device, id, name, plan, recorded_stream, number, main_url, sub_url FROM channel"
      " ORDER BY device, number, id");
  if (!channels) return channels.error();
  auto devices = database_.prepare(
      "SELECT id, name, driver, main_url, sub_url, username, sealed_password, transport, area, description,"
      " type, manufacturer, channel_count, inputs, outputs, heads, connected, version, storage_server,"
      " certificate, cache_strategy FROM device"
      " ORDER BY id");
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
    one.streams = streams_from(devices->text(3), devices->text(4));
    one.username = devices->text(5);
    if (const auto sealed = devices->text(6); !sealed.empty()) {
      auto password = vault_.open_sealed(sealed, password_purpose(id));
      one.password_lost = !password;
      if (password) {
        one.password = *std::move(password);
      } else {
        base::log_error("device \"{}\": {}", one.name, password.error().message);
      }
    }
    one.transport = transport_from(devices->text(7)).value_or(Transport::tcp);
    one.area = fmt::format("a{}", devices->integer(8));
    one.description = devices->text(9);
    one.type = devices->text(10);
    one.manufacturer = devices->text(11);
    one.channel_count = count(12);
    one.inputs = count(13);
    one.outputs = count(14);
    one.heads = count(15);
    one.connected = devices->integer(16) != 0;
    one.version = devices->integer(17);
    one.storage_server = devices->text(18);
    one.certificate = devices->text(19);
    one.cache_strategy = devices->text(20);
    for (; channel && *channel && channels->integer(0) <= id; channel = channels->step()) {
      if (channels->integer(0) < id) continue;
      one.channels.push_back({fmt::format("c{}", channels->integer(1)), channels->text(2),
                              record_plan_from(channels->text(3)).value_or(RecordPlan::none),
                              channels->text(4), static_cast<std::uint32_t>(channels->integer(5)),
                              streams_from(channels->text(6), channels->text(7))});
    }
    if (!channel) return channel.error();
    device(std::move(one));
  }
}

}  // namespace watchrig::central

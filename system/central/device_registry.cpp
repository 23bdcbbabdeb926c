#include "system/central/device_registry.hpp"

#include <algorithm>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

const std::vector<std::string_view> migrations{
    // AUTOINCREMENT: an id is never given twice, because recordings keep referring to it.
    "CREATE TABLE device(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, driver TEXT NOT "
    "NULL,"
    " main_url TEXT NOT NULL, sub_url TEXT NOT NULL, username TEXT NOT NULL, password TEXT NOT NULL,"
    " transport TEXT NOT NULL);"
    "CREATE TABLE channel(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " device INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE, name TEXT NOT NULL, plan TEXT NOT "
    "NULL,"
    " recorded_stream TEXT NOT NULL)"};

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

std::int64_t number_of(std::string_view id, char prefix) {
  if (!id.starts_with(prefix)) return -1;
  return base::parse_number<std::int64_t>(id.substr(1)).value_or(-1);
}

bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string stream_of(const Device& device, const std::string& stream) {
  const auto it = device.streams.find(stream);
  return it == device.streams.end() ? std::string() : it->second;
}

}  // namespace

std::string_view to_string(Transport transport) { return transport == Transport::tcp ? "tcp" : "udp"; }

std::string_view to_string(RecordPlan plan) { return plan == RecordPlan::none ? "none" : "continuous"; }

std::optional<Transport> transport_from(std::string_view text) {
  if (text == "tcp") return Transport::tcp;
  if (text == "udp") return Transport::udp;
  return std::nullopt;
}

std::optional<RecordPlan> record_plan_from(std::string_view text) {
  if (text == "none") return RecordPlan::none;
  if (text == "continuous") return RecordPlan::continuous;
  return std::nullopt;
}

FieldResult<Device> checked(Device device) {
  if (device.name.empty() || device.name.size() > 63 || !printable(device.name)) {
    return refuse("name", "a device name has 1 to 63 bytes and no control characters");
  }
  if (device.driver != "rtsp") {
    return refuse("driver", fmt::format("driver \"{}\" is not known; use rtsp", device.driver));
  }
  if (stream_of(device, "main").empty())
    return refuse("streams.main", "the address of the main stream is missing");
  if (device.username.size() > 255 || !printable(device.username)) {
    return refuse("username", "a user name has at most 255 bytes and no control characters");
  }
  if (device.password.size() > 255) return refuse("password", "a password has at most 255 bytes");
  for (auto& [stream, address] : device.streams) {
    const std::string field = "streams." + stream;
    if (stream != "main" && stream != "sub") return refuse(field, "a device has the streams main and sub");
    const auto parsed = boost::urls::parse_uri(address);
    if (!parsed || parsed->scheme() != "rtsp" || parsed->host().empty() || address.size() > 2048) {
      return refuse(field, "the address must be of the form rtsp://host[:port]/path");
    }
    boost::urls::url url(*parsed);
    if (url.has_userinfo()) {
      if (device.username.empty()) {
        device.username = url.user();
        device.password = url.password();
      }
      url.remove_userinfo();
      address = url.buffer();
    }
  }
  return device;
}

Result<std::unique_ptr<DeviceRegistry>> DeviceRegistry::open(const std::filesystem::path& file) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<DeviceRegistry> registry(new DeviceRegistry(std::move(*database)));
  if (const auto loaded = registry->load(); !loaded) return loaded.error();
  return registry;
}

Result<> DeviceRegistry::load() {
  auto devices = database_.prepare(
      "SELECT id, name, driver, main_url, sub_url, username, password, transport FROM device ORDER BY id");
  if (!devices) return devices.error();
  auto channels =
      database_.prepare("SELECT id, name, plan, recorded_stream FROM channel WHERE device=? ORDER BY id");
  if (!channels) return channels.error();
  for (;;) {
    const auto row = devices->step();
    if (!row) return row.error();
    if (!*row) return {};
    Device device;
    device.id = fmt::format("d{}", devices->integer(0));
    device.name = devices->text(1);
    device.driver = devices->text(2);
    device.streams["main"] = devices->text(3);
    if (const auto sub = devices->text(4); !sub.empty()) device.streams["sub"] = sub;
    device.username = devices->text(5);
    device.password = devices->text(6);
    device.transport = transport_from(devices->text(7)).value_or(Transport::tcp);
    channels->bind(devices->integer(0));
    for (auto channel = channels->step(); channel && *channel; channel = channels->step()) {
      device.channels.push_back({fmt::format("c{}", channels->integer(0)), channels->text(1),
                                 record_plan_from(channels->text(2)).value_or(RecordPlan::none),
                                 channels->text(3)});
    }
    devices_.push_back(std::move(device));
  }
}

Result<> DeviceRegistry::insert(Device& device) {
  auto statement = database_.prepare(
      "INSERT INTO device(name, driver, main_url, sub_url, username, password, transport) "
      "VALUES(?,?,?,?,?,?,?)");
  if (!statement) return statement.error();
  const std::string main = stream_of(device, "main");
  const std::string sub = stream_of(device, "sub");
  statement->bind(device.name, device.driver, main, sub, device.username, device.password,
                  to_string(device.transport));
  if (const auto done = statement->run(); !done) return done;
  const std::int64_t id = database_.last_insert_id();
  device.id = fmt::format("d{}", id);
  auto channel =
      database_.prepare("INSERT INTO channel(device, name, plan, recorded_stream) VALUES(?,?,'none','main')");
  if (!channel) return channel.error();
  if (const auto done = channel->bind(id, device.name).run(); !done) return done;
  Channel made;
  made.id = fmt::format("c{}", database_.last_insert_id());
  made.name = device.name;
  device.channels = {made};
  return {};
}

FieldResult<Device> DeviceRegistry::add(Device device) {
  auto valid = checked(std::move(device));
  if (!valid) return valid;
  const std::lock_guard lock(mutex_);
  const bool taken = std::any_of(devices_.begin(), devices_.end(),
                                 [&](const Device& other) { return other.name == valid->name; });
  if (taken) {
    return FieldError{"name",
                      {ErrorKind::conflict, fmt::format("a device named \"{}\" exists", valid->name)}};
  }
  auto begun = database_.execute("BEGIN");
  if (begun) begun = insert(*valid);
  if (begun) begun = database_.execute("COMMIT");
  if (!begun) {
    (void)database_.execute("ROLLBACK");
    return FieldError{{}, begun.error()};
  }
  devices_.push_back(*valid);
  return valid;
}

Result<Device> DeviceRegistry::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(devices_.begin(), devices_.end(), [&](const Device& d) { return d.id == id; });
  if (it == devices_.end()) return Error{ErrorKind::not_found, fmt::format("there is no device \"{}\"", id)};
  auto statement = database_.prepare("DELETE FROM device WHERE id=?");
  if (!statement) return statement.error();
  if (const auto done = statement->bind(number_of(id, 'd')).run(); !done) return done.error();
  Device removed = std::move(*it);
  devices_.erase(it);
  return removed;
}

Result<Device> DeviceRegistry::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  for (const Device& device : devices_) {
    if (device.id == id) return device;
  }
  return Error{ErrorKind::not_found, fmt::format("there is no device \"{}\"", id)};
}

std::vector<Device> DeviceRegistry::devices() const {
  const std::lock_guard lock(mutex_);
  return devices_;
}

Result<Channel> DeviceRegistry::set_plan(std::string_view channel, RecordPlan plan, std::string_view stream) {
  const std::lock_guard lock(mutex_);
  for (Device& device : devices_) {
    for (Channel& candidate : device.channels) {
      if (candidate.id != channel) continue;
      if (!device.streams.contains(std::string(stream))) {
        return Error{ErrorKind::invalid,
                     fmt::format("channel \"{}\" has no stream \"{}\"", candidate.name, stream)};
      }
      auto statement = database_.prepare("UPDATE channel SET plan=?, recorded_stream=? WHERE id=?");
      if (!statement) return statement.error();
      statement->bind(to_string(plan), stream, number_of(channel, 'c'));
      if (const auto done = statement->run(); !done) return done.error();
      candidate.plan = plan;
      candidate.recorded_stream = stream;
      return candidate;
    }
  }
  return Error{ErrorKind::not_found, fmt::format("there is no channel \"{}\"", channel)};
}

}  // namespace watchrig::central

#include "system/central/devices/device_database.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::central {

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
    " recorded_stream TEXT NOT NULL)",
    // The column of readable passwords stays, empty: seal_readable_passwords moves what it holds.
    "ALTER TABLE device RENAME COLUMN password TO readable_password;"
    "ALTER TABLE device ADD COLUMN sealed_password TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE device ADD COLUMN area INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN description TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE device ADD COLUMN type TEXT NOT NULL DEFAULT 'ipc';"
    "ALTER TABLE device ADD COLUMN manufacturer TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE device ADD COLUMN channel_count INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE device ADD COLUMN inputs INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN outputs INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN heads INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN connected INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE device ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE channel ADD COLUMN number INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE channel ADD COLUMN main_url TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE channel ADD COLUMN sub_url TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX channel_device ON channel(device);"
    "CREATE TABLE area(id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER NOT NULL, name TEXT NOT NULL,"
    " version INTEGER NOT NULL, UNIQUE(parent, name))",
    "ALTER TABLE device ADD COLUMN storage_server TEXT NOT NULL DEFAULT 'local'",
    "ALTER TABLE device ADD COLUMN information TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN certificate TEXT NOT NULL DEFAULT 'pin'",
    "ALTER TABLE device ADD COLUMN certificate_pin TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN cache_strategy TEXT NOT NULL DEFAULT 'adaptive'",
    // One object of addresses by stream, however many streams there are.
    "ALTER TABLE device ADD COLUMN streams TEXT NOT NULL DEFAULT '{}';"
    "ALTER TABLE channel ADD COLUMN streams TEXT NOT NULL DEFAULT '{}';"
    "UPDATE device SET streams=json_patch('{}', json_object('main', nullif(main_url, ''),"
    " 'sub', nullif(sub_url, '')));"
    "UPDATE channel SET streams=json_patch('{}', json_object('main', nullif(main_url, ''),"
    " 'sub', nullif(sub_url, '')));"
    "ALTER TABLE device DROP COLUMN main_url;"
    "ALTER TABLE device DROP COLUMN sub_url;"
    "ALTER TABLE channel DROP COLUMN main_url;"
    "ALTER TABLE channel DROP COLUMN sub_url",
    // The end of a recording by hand in nanoseconds of UTC; 0: there is none.
    R"(ALTER TABLE channel ADD COLUMN schedule TEXT NOT NULL DEFAULT '';
       ALTER TABLE channel ADD COLUMN plan_enabled INTEGER NOT NULL DEFAULT 1;
       ALTER TABLE channel ADD COLUMN by_hand_until INTEGER NOT NULL DEFAULT 0)",
    R"(ALTER TABLE channel ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;
       ALTER TABLE channel ADD COLUMN keep_bytes INTEGER NOT NULL DEFAULT 0)",
    "ALTER TABLE channel ADD COLUMN disk_group INTEGER NOT NULL DEFAULT 1"};

std::string text_of(const Streams& streams) {
  return boost::json::serialize(boost::json::value_from(streams));
}

}  // namespace

Result<DeviceDatabase> DeviceDatabase::open(const std::filesystem::path& file,
                                            const platform::SecretVault& vault) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  DeviceDatabase opened(std::move(*database), vault);
  // What is overwritten or removed leaves no bytes behind: these tables have held secrets.
  if (const auto set = opened.database_.execute("PRAGMA secure_delete=ON"); !set) return set.error();
  if (const auto sealed = opened.seal_readable_passwords(); !sealed) return sealed.error();
  return opened;
}

Result<> DeviceDatabase::seal_readable_passwords() {
  std::vector<std::pair<std::int64_t, std::string>> readable;
  {
    auto query = database_.prepare("SELECT id, readable_password FROM device WHERE readable_password<>''");
    if (!query) return query.error();
    for (auto row = query->step();; row = query->step()) {
      if (!row) return row.error();
      if (!*row) break;
      readable.emplace_back(query->integer(0), query->text(1));
    }
  }
  if (readable.empty()) return {};
  const auto moved = transaction([&]() -> Result<> {
    auto update = database_.prepare("UPDATE device SET readable_password='', sealed_password=? WHERE id=?");
    if (!update) return update.error();
    for (const auto& [id, password] : readable) {
      const auto sealed = vault_.seal(password, password_purpose(id));
      if (!sealed) return sealed.error();
      if (const auto done = update->bind(*sealed, id).run(); !done) return done;
    }
    return {};
  });
  if (!moved) return moved;
  // Free pages and the write-ahead log still have them.
  return database_.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<> DeviceDatabase::transaction(const std::function<Result<>()>& work) {
  if (within_) return work();
  auto done = database_.execute("BEGIN IMMEDIATE");
  if (!done) return done;
  within_ = true;
  done = work();
  within_ = false;
  if (done) done = database_.execute("COMMIT");
  if (!done) (void)database_.execute("ROLLBACK");
  return done;
}

Result<> DeviceDatabase::insert(Device& device) {
  return transaction([&]() -> Result<> {
    auto row = database_.prepare(
        "INSERT INTO device(name, driver, username, readable_password, transport) VALUES(?,?,'','','')");
    if (!row) return row.error();
    if (const auto done = row->bind(device.name, device.driver).run(); !done) return done;
    const std::int64_t id = database_.last_insert_id();
    device.id = fmt::format("d{}", id);
    if (const auto done = write(device); !done) return done;
    for (Channel& channel : device.channels) {
      if (const auto done = insert_channel(id, channel); !done) return done;
    }
    return {};
  });
}

Result<> DeviceDatabase::update(Device& device, const Device& before) {
  return transaction([&]() -> Result<> {
    const std::int64_t id = number_of_id(device.id, 'd');
    if (const auto done = write(device); !done) return done;
    for (const Channel& old : before.channels) {
      if (std::ranges::find(device.channels, old.id, &Channel::id) != device.channels.end()) continue;
      const auto done = erase_row("DELETE FROM channel WHERE id=?", number_of_id(old.id, 'c'));
      if (!done) return done;
    }
    for (Channel& channel : device.channels) {
      const auto done = channel.id.empty() ? insert_channel(id, channel) : update_channel(channel);
      if (!done) return done;
    }
    return {};
  });
}

Result<> DeviceDatabase::write(const Device& device) {
  const std::int64_t id = number_of_id(device.id, 'd');
  // Without the key, what is stored stays: the right key file may come back.
  std::string sealed;
  if (!device.password.empty()) {
    auto done = vault_.seal(device.password, password_purpose(id));
    if (!done) return done.error();
    sealed = *std::move(done);
  }
  auto row = database_.prepare(
      "UPDATE device SET name=?, driver=?, streams=?, username=?, transport=?, area=?,"
      " description=?, type=?, manufacturer=?, channel_count=?, inputs=?, outputs=?, heads=?, connected=?,"
      " version=?, storage_server=?, certificate=?, cache_strategy=?, sealed_password=CASE WHEN ? THEN "
      "sealed_password ELSE ? "
      "END WHERE id=?");
  if (!row) return row.error();
  return row
      ->bind(device.name, device.driver, text_of(device.streams), device.username,
             to_string(device.transport), number_of_id(device.area, 'a'), device.description, device.type,
             device.manufacturer, device.channel_count, device.inputs, device.outputs, device.heads,
             std::int64_t{device.connected}, device.version, device.storage_server, device.certificate,
             device.cache_strategy, std::int64_t{device.password_lost}, sealed, id)
      .run();
}

Result<> DeviceDatabase::insert_channel(std::int64_t device, Channel& channel) {
  auto row = database_.prepare(
      "INSERT INTO channel(device, name, plan, recorded_stream, number, streams, schedule, plan_enabled,"
      " keep_days, keep_bytes, disk_group) VALUES(?,?,?,?,?,?,?,?,?,?,?)");
  if (!row) return row.error();
  const std::string streams = text_of(channel.streams);
  row->bind(device, channel.name, to_string(channel.plan), channel.recorded_stream, channel.number, streams,
            channel.schedule, std::int64_t{channel.plan_enabled}, channel.keep_days, channel.keep_bytes,
            channel.disk_group);
  if (const auto done = row->run(); !done) return done;
  channel.id = fmt::format("c{}", database_.last_insert_id());
  return {};
}

Result<> DeviceDatabase::update_channel(const Channel& channel) {
  auto row = database_.prepare("UPDATE channel SET name=?, streams=? WHERE id=?");
  if (!row) return row.error();
  return row->bind(channel.name, text_of(channel.streams), number_of_id(channel.id, 'c')).run();
}

Result<> DeviceDatabase::set_recording(const Channel& channel) {
  auto row = database_.prepare(
      "UPDATE channel SET plan=?, recorded_stream=?, schedule=?, plan_enabled=?, by_hand_until=?,"
      " keep_days=?, keep_bytes=?, disk_group=? WHERE id=?");
  if (!row) return row.error();
  const std::int64_t until = channel.by_hand_until.time_since_epoch().count();
  return row
      ->bind(to_string(channel.plan), channel.recorded_stream, channel.schedule,
             std::int64_t{channel.plan_enabled}, until, channel.keep_days, channel.keep_bytes,
             channel.disk_group, number_of_id(channel.id, 'c'))
      .run();
}

Result<> DeviceDatabase::set_information(std::int64_t device, const std::string& text) {
  auto row = database_.prepare("UPDATE device SET information=? WHERE id=?");
  if (!row) return row.error();
  return row->bind(text, device).run();
}

Result<> DeviceDatabase::set_certificate_pin(std::int64_t device, const std::string& fingerprint) {
  auto row = database_.prepare("UPDATE device SET certificate_pin=? WHERE id=?");
  if (!row) return row.error();
  return row->bind(fingerprint, device).run();
}

Result<std::string> DeviceDatabase::certificate_pin(std::int64_t device) {
  auto query = database_.prepare("SELECT certificate_pin FROM device WHERE id=?");
  if (!query) return query.error();
  const auto found = query->bind(device).step();
  if (!found) return found.error();
  return *found ? query->text(0) : std::string();
}

Result<std::string> DeviceDatabase::information(std::int64_t device) {
  auto query = database_.prepare("SELECT information FROM device WHERE id=?");
  if (!query) return query.error();
  const auto found = query->bind(device).step();
  if (!found) return found.error();
  return *found ? query->text(0) : std::string();
}

Result<> DeviceDatabase::erase_row(std::string_view sql, std::int64_t id) {
  auto row = database_.prepare(sql);
  if (!row) return row.error();
  return row->bind(id).run();
}

Result<> DeviceDatabase::erase_device(std::int64_t id) {
  return erase_row("DELETE FROM device WHERE id=?", id);
}

Result<> DeviceDatabase::erase_area(std::int64_t id) { return erase_row("DELETE FROM area WHERE id=?", id); }

Result<> DeviceDatabase::insert(Area& area) {
  auto row = database_.prepare("INSERT INTO area(parent, name, version) VALUES(?,?,?)");
  if (!row) return row.error();
  if (const auto done = row->bind(area.parent, area.name, area.version).run(); !done) return done;
  area.id = database_.last_insert_id();
  return {};
}

Result<> DeviceDatabase::update(const Area& area) {
  auto row = database_.prepare("UPDATE area SET parent=?, name=?, version=? WHERE id=?");
  if (!row) return row.error();
  return row->bind(area.parent, area.name, area.version, area.id).run();
}

}  // namespace watchrig::central

#include "system/central/devices/device_table.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/devices/name_search.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

enum Column {
  name,
  type,
  manufacturer,
  address,
  port,
  user,
  password,
  channels,
  description,
  main_url,  ///< and further ones, in the order of media::stream_names
  driver = main_url + media::stream_names.size()
};
constexpr std::array<std::string_view, driver + 1> titles{
    "Name",           "Type",        "Manufacturer", "IP",          "Port",          "User",    "Password",
    "Channel number", "Description", "Main address", "Sub address", "Sub 2 address", "Protocol"};
static_assert(titles.back() == "Protocol");

/// Where each column is in the table; nothing for one that it does not have.
using Places = std::array<std::optional<std::size_t>, titles.size()>;

Result<Places> places_of(const CsvRow& header) {
  Places places;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto title = base::trim(header[i]);
    if (title.empty()) continue;
    const auto known = std::ranges::find(titles, folded(title), [](std::string_view t) { return folded(t); });
    if (known == titles.end()) {
      return Error{ErrorKind::invalid, fmt::format("column \"{}\" is not known; there are {}",
                                                   title.substr(0, 64), base::joined(titles, ", "))};
    }
    auto& place = places[static_cast<std::size_t>(known - titles.begin())];
    if (place) return Error{ErrorKind::invalid, fmt::format("column \"{}\" comes twice", *known)};
    place = i;
  }
  if (!places[name] || (!places[address] && !places[main_url]))
    return Error{ErrorKind::invalid,
                 "the first line must name the columns, at least Name and IP or Main address"};
  return places;
}

class RowReader {
 public:
  RowReader(const CsvRow& row, const Places& places) : row_(row), places_(places) {}

  std::string text(Column column) const {
    const auto place = places_[column];
    return place && *place < row_.size() ? unguarded(base::trim(row_[*place])) : std::string();
  }
  std::uint32_t number(Column column, std::uint32_t fallback, std::uint32_t most) {
    const auto given = text(column);
    if (given.empty()) return fallback;
    const auto number = base::parse_number<std::uint32_t>(given);
    if (number && *number >= 1 && *number <= most) return *number;
    if (!error_) {
      error_ = FieldError{
          std::string(titles[column]),
          {ErrorKind::invalid, fmt::format("{} must be a number from 1 to {}", titles[column], most)}};
    }
    return fallback;
  }
  bool is_blank() const {
    return std::ranges::all_of(row_, [](const auto& field) { return base::trim(field).empty(); });
  }
  const std::optional<FieldError>& error() const { return error_; }

 private:
  const CsvRow& row_;
  const Places& places_;
  std::optional<FieldError> error_;
};

TableRow read_row(RowReader reader) {
  TableRow row;
  Device& device = row.device;
  device.name = reader.text(name);
  if (auto given = folded(reader.text(type)); !given.empty()) device.type = std::move(given);
  device.manufacturer = reader.text(manufacturer);
  device.username = reader.text(user);
  device.password = reader.text(password);
  device.description = reader.text(description);
  device.channel_count = reader.number(channels, 1, Device::most_channels);
  if (auto given = folded(reader.text(driver)); !given.empty()) device.driver = std::move(given);
  const auto* form = find_driver(device.driver);
  const auto host = reader.text(address);
  const DeviceAddress at{host,
                         static_cast<std::uint16_t>(reader.number(port, form ? form->port : 554, 65535))};
  if (!reader.text(main_url).empty()) {
    for (std::size_t i = 0; i < media::stream_names.size(); ++i) {
      auto url = reader.text(static_cast<Column>(main_url + i));
      if (!url.empty()) device.streams[std::string(media::stream_names[i])] = std::move(url);
    }
  } else if (!host.empty()) {
    device.streams = usual_streams(device.driver, {"0.0.0.0", at.port});
    if (const auto set = set_address(device, at); !set) row.error = set.error();
  } else {
    row.missing.emplace_back("address");
  }
  if (device.name.empty()) row.missing.emplace_back("name");
  if (!device.username.empty() && device.password.empty()) row.missing.emplace_back("password");
  if (reader.error()) row.error = reader.error();
  return row;
}

}  // namespace

std::string device_table_template() {
  CsvTable table(CsvRow(titles.begin(), titles.end()));
  table.add({"Example", "ipc", "", "192.0.2.10", "554", "admin", "", "1", "", "", "", "", "rtsp"});
  return std::move(table).text();
}

Result<std::vector<TableRow>> read_device_table(std::string_view text) {
  const auto lines = parse_csv(text);
  if (!lines) return lines.error();
  if (lines->empty()) return Error{ErrorKind::invalid, "the table is empty"};
  const auto places = places_of(lines->front());
  if (!places) return places.error();
  std::vector<TableRow> rows;
  for (std::size_t i = 1; i < lines->size(); ++i) {
    const RowReader reader((*lines)[i], *places);
    if (reader.is_blank()) continue;
    rows.push_back(read_row(reader));
    rows.back().row = i;
  }
  return rows;
}

std::string write_device_table(const std::vector<DevicePtr>& devices) {
  CsvTable table({"IP", "Port", "Channel number", "Name", "Manufacturer", "User"});
  for (const auto& device : devices) {
    const auto at = address_of(*device);
    table.add({at.host, std::to_string(at.port), std::to_string(device->channel_count), device->name,
               device->manufacturer, device->username});
  }
  return std::move(table).text();
}

}  // namespace watchrig::central

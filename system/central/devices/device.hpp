#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"
#include "system/central/field_error.hpp"

namespace watchrig::central {

enum class Transport { tcp, udp, http };  ///< http: as tcp, all of it through HTTP
/// When a channel is recorded (IVSS 8.2.1.2, 8.2.2.2.5; platform manual 1.7.7.4).
enum class RecordPlan {
  none,
  continuous,
  scheduled,  ///< in the periods of a schedule
  event,      ///< while something is told of it, and for a while after
  inherited,  ///< as the server-wide settings `recording` say
};

std::string_view to_string(Transport transport);
std::string_view to_string(RecordPlan plan);
std::optional<Transport> transport_from(std::string_view text);
std::optional<RecordPlan> record_plan_from(std::string_view text);

/// Main and others of media::stream_names -> address without credentials, of the form that the driver wants.
using Streams = std::map<std::string, std::string>;

/// One video channel of a device.
/// As many as a server can have volumes (IVSS 8.5.3.1).
inline constexpr std::int64_t most_disk_groups = 64;

struct Channel {
  std::string id;  ///< "c1"; never used again
  std::string name;
  RecordPlan plan = RecordPlan::none;
  std::string recorded_stream = "main";
  std::uint32_t number = 1;          ///< of the channel on its device, from 1; unique there
  Streams streams;                   ///< its own addresses; empty: those of the device
  std::string schedule = {};         ///< id, of the plan `scheduled`
  bool plan_enabled = true;          ///< false: the plan is kept, and acts not
  base::UtcTime by_hand_until = {};  ///< recorded until then whatever the plan: somebody has started it
  std::int64_t keep_days = 0;        ///< its recordings are removed after so many; 0: when the server's are
  std::int64_t keep_bytes = 0;       ///< and where they are more, the oldest; 0: however many
  std::int64_t disk_group = 1;       ///< of the volumes that it is recorded on
};

/// What addresses a driver begins with: "rtsp" with that of the stream, "onvif" and "private" (our own kind)
/// with that of the device service, whose fragment may name a media profile; with an s behind the scheme, by
/// TLS. "registered" is ONVIF over the
/// connections of a device that registers here: the host is the device's id.
struct DriverForm {
  std::string_view name;
  std::string_view scheme;
  std::uint16_t port;     ///< when an address names none
  bool dials_in = false;  ///< it is not reached by its address

  /// When an address by TLS names none: that of HTTPS, of RTSP over TLS, or the driver's own.
  std::uint16_t tls_port() const { return port == 80 ? 443 : port == 554 ? 322 : port; }
};
/// Null for a driver that there is not.
const DriverForm* find_driver(std::string_view name);

/// A remote device as an operator adds it.
struct Device {
  static constexpr std::uint32_t most_channels = 256;
  static constexpr std::string_view placeholder = "{channel}";

  static constexpr std::string_view local_storage = "local";

  std::string id;               ///< "d1"; never used again
  std::string name;             ///< 1 to 63 bytes, unique
  std::string driver = "rtsp";  ///< one of DriverForm
  Streams streams;  ///< where the driver begins; `{channel}` in it stands for the channel's number
  std::string username;
  std::string password;
  Transport transport = Transport::tcp;
  std::string cache_strategy = "adaptive";  ///< delay against gaps, by UDP: adaptive, realtime or fluent
  std::string certificate = "pin";  ///< whose is believed, by TLS: pin, authority or any (DeviceTrust)
  std::vector<Channel> channels;    ///< those that were picked
  std::string area = "a0";
  std::string description;          ///< up to 255 bytes
  std::string type = "ipc";         ///< devices (of any kind), ipc, nvr, dvr, dvs or other
  std::string manufacturer;         ///< up to 63 bytes
  std::uint32_t channel_count = 1;  ///< that the device has, picked or not
  std::uint32_t inputs = 0;         ///< alarm inputs
  std::uint32_t outputs = 0;        ///< relays
  std::uint32_t heads = 0;          ///< PTZ heads
  bool connected = true;            ///< false: disconnected by hand
  /// The static route: the storage server that records it, or nothing (platform manual 1.7.7.3). There is
  /// one.
  std::string storage_server = std::string(local_storage);
  bool password_lost = false;  ///< it is stored, but the key that opens it is gone
  std::int64_t version = 1;    ///< grows with each change
};
using DevicePtr = std::shared_ptr<const Device>;

/// Checks what an operator entered, completes it, and takes credentials out of the addresses into the fields
/// when those are empty. A device without channels gets all that it has, named after it.
FieldResult<Device> checked(Device device);

/// Host and port of the main stream; the driver's port when it names none.
struct DeviceAddress {
  std::string host;
  std::uint16_t port = 554;
  std::optional<bool> tls = {};  ///< nothing: as it was
};
/// Whether one of its addresses, or of its channels', is by TLS.
bool uses_tls(const Device& device);
DeviceAddress address_of(const Device& device);
/// Puts host and port, and perhaps TLS, into every address of the device and its channels.
FieldResult<void> set_address(Device& device, const DeviceAddress& address);
/// The usual addresses of a device that is known by host and port only (IVSS 5.4.2.2).
Streams usual_streams(std::string_view driver, const DeviceAddress& address);

/// The addresses of one channel: its own or the device's, with its number in place.
Streams streams_of(const Device& device, const Channel& channel);

/// Whether it is asked by ONVIF: those of our own kind are too, at another port.
bool speaks_onvif(const Device& device);

/// 1 to 63 bytes of UTF-8 without control characters.
bool is_name(std::string_view text);
bool is_printable(std::string_view text);

/// "d7" -> 7; -1 when it is no such id.
std::int64_t number_of_id(std::string_view id, char prefix);

}  // namespace watchrig::central

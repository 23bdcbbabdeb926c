#pragma once

#include "system/platform/typed_message.hpp"

namespace watchrig::platform {

inline constexpr const char* central_role = "central";  ///< CMU and SCU of H.626.4
inline constexpr const char* storage_role = "storage";  ///< NVR of H.626.4

/// Where a stream of a channel is fetched.
struct LinkedStream {
  std::string name;     ///< of media::stream_names
  std::string address;  ///< RTSP, or of the ONVIF service that knows it
};
BOOST_DESCRIBE_STRUCT(LinkedStream, (), (name, address))

struct LinkedChannel {
  std::string channel;
  std::string name;
  std::int64_t number = 1;         ///< in its device
  std::string recorded;            ///< the name of a stream; empty: none is
  std::vector<std::string> types;  ///< of recordings, for which that is: see recording_types.hpp
  std::vector<LinkedStream> streams;
  std::int64_t ahead_ms = 0;    ///< as in SetNvrRecordStrategy
  std::int64_t disk_group = 1;  ///< as there
};
BOOST_DESCRIBE_STRUCT(LinkedChannel, (),
                      (channel, name, number, recorded, types, streams, ahead_ms, disk_group))

/// central -> storage: the device's channels are to be relayed and recorded: those that are not yet, as it
/// says here; the others are tried again at once where they are offline. H.626.4, 8.7.2.1. Answer:
/// `channels`, how many it has.
struct LinkNvrPu {
  static constexpr std::string_view message_name = "link_nvr_pu";
  std::string device;
  bool continued = false;      ///< a recording that was interrupted goes on
  bool onvif = false;          ///< its streams are asked for by ONVIF
  std::string transport;       ///< tcp, udp, http
  std::string cache_strategy;  ///< of media::CacheStrategy
  std::string username;
  std::string password;
  std::vector<LinkedChannel> channels;
};
BOOST_DESCRIBE_STRUCT(LinkNvrPu, (),
                      (device, continued, onvif, transport, cache_strategy, username, password, channels))

/// central -> storage: these channels of the device are neither relayed nor recorded any more. H.626.4 has no
/// name for it.
struct UnlinkNvrPu {
  static constexpr std::string_view message_name = "unlink_nvr_pu";
  std::string device;
  std::vector<std::string> channels;
};
BOOST_DESCRIBE_STRUCT(UnlinkNvrPu, (), (device, channels))

/// central -> storage: which stream of a channel is to be recorded. H.626.4, 8.7.2.1.
struct SetNvrRecordStrategy {
  static constexpr std::string_view message_name = "set_nvr_record_strategy";
  std::string channel;
  std::string stream;              ///< empty: none
  std::vector<std::string> types;  ///< what is recorded from now on is of these: see recording_types.hpp
  /// Without types: nothing is recorded, and the last ms of the stream are kept in memory for when it will
  /// be.
  std::int64_t ahead_ms = 0;
  std::int64_t disk_group = 1;  ///< of the volumes that it is recorded on; see storage::Storage::assign()
};
BOOST_DESCRIBE_STRUCT(SetNvrRecordStrategy, (), (channel, stream, types, ahead_ms, disk_group))

/// central -> storage: whether and where a channel's stream is relayed to viewers. H.626.4, 8.4, where the
/// CMU makes the address by itself.
struct PlayRequest {
  static constexpr std::string_view message_name = "play_request";
  static constexpr std::string_view answer_name = "play_url";
  std::string channel;
  std::string stream;
};
BOOST_DESCRIBE_STRUCT(PlayRequest, (), (channel, stream))

/// The answer.
struct PlayUrl {
  std::string path;         ///< of the RTSP address: /live/<channel>/<stream>
  bool delivering = false;  ///< else viewers wait until its device delivers
};
BOOST_DESCRIBE_STRUCT(PlayUrl, (), (path, delivering))

/// storage -> central: what has happened to a channel, its state among it, or to the store, for the event
/// log. H.626.4, 8.8.
struct AlarmNotify {
  static constexpr std::string_view message_name = "alarm_notify";
  std::string type;  ///< of central::Event, like the others
  std::string channel;
  std::string channel_name;
  std::string cause;
  std::string message;
  boost::json::object data;
};
BOOST_DESCRIBE_STRUCT(AlarmNotify, (), (type, channel, channel_name, cause, message, data))

/// storage -> central: whether a channel's device delivers, when that or the cause changes. H.626.4 has no
/// name for it.
struct ChannelState {
  static constexpr std::string_view message_name = "channel_state";
  std::string channel;
  std::int64_t order = 0;  ///< what was told earlier has a lower one, and counts no more
  std::string state;       ///< online, offline; empty: it is relayed no more
  std::string cause;
};
BOOST_DESCRIBE_STRUCT(ChannelState, (), (channel, order, state, cause))

/// central -> storage: how these channels are. H.626.4 has no name for it.
struct QueryNvrChannels {
  static constexpr std::string_view message_name = "query_nvr_channels";
  static constexpr std::string_view answer_name = "nvr_channel_list";
  std::vector<std::string> channels;
};
BOOST_DESCRIBE_STRUCT(QueryNvrChannels, (), (channels))

/// What media::RtpReceiver has counted of a stream's video; times in microseconds.
struct StreamReception {
  std::int64_t packets = 0;
  std::int64_t lost = 0;
  std::int64_t duplicates = 0;
  std::int64_t late = 0;
  std::int64_t reordered = 0;
  std::int64_t malformed = 0;
  std::int64_t strangers = 0;
  std::int64_t damaged_units = 0;
  std::int64_t reanchored = 0;
  std::int64_t jitter_us = 0;
  std::optional<std::int64_t> clock_offset_us;
  std::optional<double> clock_drift_ppm;
};
BOOST_DESCRIBE_STRUCT(StreamReception, (),
                      (packets, lost, duplicates, late, reordered, malformed, strangers, damaged_units,
                       reanchored, jitter_us, clock_offset_us, clock_drift_ppm))

/// Access units that were lost, by the place.
struct StreamDrops {
  std::int64_t device = 0;
  std::int64_t network = 0;
  std::int64_t server = 0;
  std::int64_t disk = 0;
};
BOOST_DESCRIBE_STRUCT(StreamDrops, (), (device, network, server, disk))

struct StreamReport {
  std::string name;
  std::string state;  ///< idle, connecting, online, offline
  std::string cause;  ///< why it is offline, for a person
  std::int64_t connections = 0;
  std::int64_t attempts = 0;
  std::int64_t readers = 0;
  std::int64_t units = 0;
  std::int64_t bytes = 0;
  double fps = 0;
  StreamReception rtp;
  std::optional<std::string> codec;  ///< as these two, once it was connected
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> height;
  StreamDrops drops;
};
BOOST_DESCRIBE_STRUCT(StreamReport, (),
                      (name, state, cause, connections, attempts, readers, units, bytes, fps, rtp, codec,
                       width, height, drops))

struct ChannelReport {
  std::string channel;
  std::string recorded;         ///< the stream that is to be recorded; empty: none
  std::string recording;        ///< stopped, waiting, recording
  std::string recording_cause;  ///< why nothing is recorded that should be, for a person
  std::int64_t units = 0;       ///< given to the recording
  std::int64_t committed_units = 0;
  std::vector<StreamReport> streams;
};
BOOST_DESCRIBE_STRUCT(ChannelReport, (),
                      (channel, recorded, recording, recording_cause, units, committed_units, streams))

/// The answer: of those that it relays.
struct NvrChannelList {
  std::vector<ChannelReport> channels;
};
BOOST_DESCRIBE_STRUCT(NvrChannelList, (), (channels))

/// central -> storage: what devices send to it. Measured from one question to the next, over a second at
/// least. H.626.4 has no name for it.
struct QueryNvrBandwidth {
  static constexpr std::string_view message_name = "query_nvr_bandwidth";
  static constexpr std::string_view answer_name = "nvr_bandwidth";
};
BOOST_DESCRIBE_STRUCT(QueryNvrBandwidth, (), ())

/// The answer.
struct NvrBandwidth {
  double bits_per_second = 0;   ///< of all streams that are connected
  std::int64_t channels = 0;    ///< that there are
  std::int64_t delivering = 0;  ///< whose main stream is online
};
BOOST_DESCRIBE_STRUCT(NvrBandwidth, (), (bits_per_second, channels, delivering))

/// central -> device: turns a camera. H.626.4, 8.5. Messages to devices are in the trace alone; see
/// DeviceNotes.
struct PtzControl {
  static constexpr std::string_view message_name = "ptz_control";
  std::string channel;
  std::string command;  ///< move, stop, go, …
};
BOOST_DESCRIBE_STRUCT(PtzControl, (), (channel, command))

/// central -> device: how it is, by a question of its own protocol. H.626.4, 8.9.1.
struct QueryPuParams {
  static constexpr std::string_view message_name = "query_pu_params";
  std::string operation;  ///< trt:GetProfiles
};
BOOST_DESCRIBE_STRUCT(QueryPuParams, (), (operation))

/// central -> device: how it is to be. H.626.4, 8.9.1. What its parameters are is not told.
struct SetPuParams {
  static constexpr std::string_view message_name = "set_pu_params";
  std::string operation;
};
BOOST_DESCRIBE_STRUCT(SetPuParams, (), (operation))

/// central -> device: it is to start anew. H.626.4, 8.10.
struct ResetDevice {
  static constexpr std::string_view message_name = "reset_device";
  static constexpr std::string_view answer_name = "reset_device_received";
  std::string operation;
};
BOOST_DESCRIBE_STRUCT(ResetDevice, (), (operation))

/// central -> device: what it has recorded of a channel itself within [from, to). H.626.4, 8.7.3.2. Answer:
/// the `records` as in NvrRecordList.
struct PuPlaybackQuery {
  static constexpr std::string_view message_name = "pu_playback_query";
  static constexpr std::string_view answer_name = "pu_record_list";
  std::string channel;
  base::UtcTime from;
  base::UtcTime to;
};
BOOST_DESCRIBE_STRUCT(PuPlaybackQuery, (), (channel, from, to))

/// central -> device: where it plays what it has recorded. H.626.4, 8.7.3.2.
struct PuDownloadRecord {
  static constexpr std::string_view message_name = "pu_download_record";
  std::string channel;
  base::UtcTime from;
  base::UtcTime to;
};
BOOST_DESCRIBE_STRUCT(PuDownloadRecord, (), (channel, from, to))

/// To each role: whether it still takes messages. H.626.4 has none between roles.
struct KeepAlive {
  static constexpr std::string_view message_name = "keep_alive";
};
BOOST_DESCRIBE_STRUCT(KeepAlive, (), ())

/// The answer of storage.
struct StorageAlive {
  std::int64_t channels = 0;  ///< that it relays
};
BOOST_DESCRIBE_STRUCT(StorageAlive, (), (channels))

/// device -> central: it dials out, and is there from now on. H.626.4, 8.1. Like all that devices tell, it is
/// in the trace alone.
struct Register {
  static constexpr std::string_view message_name = "register";
  std::string device_id;  ///< as it names itself
  std::string source;     ///< from which address
};
BOOST_DESCRIBE_STRUCT(Register, (), (device_id, source))

}  // namespace watchrig::platform

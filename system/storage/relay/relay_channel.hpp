#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "system/base/timer.hpp"
#include "system/devices/rtsp/rtsp_source.hpp"
#include "system/media/stream_hub.hpp"
#include "system/storage/channel_recorder.hpp"
#include "system/storage/relay/units_ahead.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {

/// What happened to a channel; the application hands it to the event log.
struct ChannelEvent {
  std::string type;
  std::string channel;
  std::string channel_name;
  std::string cause;
  std::string message;
  std::map<std::string, std::int64_t> counts;
};
using ChannelEventSink = std::function<void(const ChannelEvent&)>;

/// Whether the main stream of a channel comes from its device.
struct ChannelConnection {
  enum class State { online, offline, removed };
  State state = State::offline;
  std::string cause;  ///< why it is offline, for a person

  bool operator==(const ChannelConnection&) const = default;
};
/// Told of one channel in the order in which it happened, whatever the thread; must not ask the channel.
using ChannelConnectionSink =
    std::function<void(const std::string& channel, const ChannelConnection& connection)>;

struct ChannelSettings {
  std::string id;
  std::string name;
  std::map<std::string, devices::RtspSourceOptions> streams;     ///< by media::stream_names
  std::string recorded_stream;                                   ///< empty: not recorded
  platform::RecordingTypes types = platform::regular_recording;  ///< for which it is
  base::Duration ahead = {};                                     ///< see RelayChannel::record()
  /// Where the device plays its own recording of the channel; null where it cannot be asked.
  std::shared_ptr<devices::StreamLocator> recordings = {};
};

enum class RecordingState {
  stopped,    ///< not asked for
  waiting,    ///< asked for, but nothing has come or can be written in the last seconds
  recording,  ///< units reach the recorder
};
std::string_view to_string(RecordingState state);

struct ChannelStatus {
  struct Stream {
    devices::SourceStatus source;
    media::StreamHub::Totals relay;
  };
  std::map<std::string, Stream> streams;
  std::string recorded_stream;
  RecordingState recording = RecordingState::stopped;
  std::string recording_cause;
  RecorderStats recorder;
};

/// What is to be without holes, and by whom they can be filled.
struct BackfillSource {
  std::string stream;
  base::UtcTime since;     ///< it is to be recorded in this process
  bool continued = false;  ///< and was before it
  media::RtspClient::Options client;
  std::shared_ptr<devices::StreamLocator> recordings;
};

/// One channel from the device's connection to its readers: a source and a hub a stream, and the recording of
/// one of them. Lives on one executor. Raises channel.online and channel.offline for the main stream,
/// recording.started, .resumed, .stopped, device.quirk, and recording.failed when a channel that should be
/// recorded has yielded nothing for `silence`, whatever the reason. Functions may be called on any thread.
class RelayChannel : public std::enable_shared_from_this<RelayChannel> {
 public:
  static constexpr base::Duration silence = std::chrono::seconds(4);
  static constexpr std::size_t recorder_queue_bytes = std::size_t{32} << 20;

  RelayChannel(boost::asio::any_io_executor executor, const base::Clock& clock, Storage& storage,
               ChannelSettings settings, ChannelEventSink sink, ChannelConnectionSink connection = {});

  /// Once, before anything else. `continued`: the recording goes on from before this process started, so that
  /// its begin is a recording.resumed.
  void start(bool continued);
  /// Nothing is told of its connection afterwards, but that it is `removed`, if it is.
  void stop(bool removed = false);
  /// Streams that are offline are tried again at once.
  void retry();
  /// Records this stream from now on, as recordings of these types; empty stops. Of no type and with `ahead`,
  /// nothing is recorded: the last `ahead` are kept in memory, and recorded first when the stream will be.
  void record(std::string stream, platform::RecordingTypes types, base::Duration ahead = {});

  const std::string& id() const { return settings_.id; }
  const std::string& name() const { return settings_.name; }
  /// Null for a stream that the channel does not have.
  std::shared_ptr<media::StreamHub> hub(const std::string& stream) const;
  ChannelStatus status() const;
  bool is_online() const;
  /// Nothing while it is not to be recorded, or the device keeps no recordings.
  std::optional<BackfillSource> backfill_from() const;

 private:
  struct Stream {
    std::shared_ptr<media::StreamHub> hub;
    std::shared_ptr<devices::VideoSource> source;
  };
  std::shared_ptr<devices::VideoSource> make_source(const std::string& stream,
                                                    std::shared_ptr<media::StreamHub> hub);
  /// What one record_loop works on.
  struct Take {
    std::string stream;
    bool recorded = false;
    base::Duration ahead{};
    UnitsAhead kept = {};
    std::shared_ptr<ChannelRecorder> recorder = {};  ///< while something is written
  };
  static boost::asio::awaitable<void> record_loop(std::shared_ptr<RelayChannel> self,
                                                  std::shared_ptr<Take> take, std::uint64_t turn);
  static boost::asio::awaitable<void> watch_loop(std::shared_ptr<RelayChannel> self);
  bool open_recorder(Take& take, const media::Presentation& tracks);
  static void close_recorder(Take& take);
  void pass_on(ChannelRecorder& recorder, const media::AccessUnitPtr& unit, std::uint64_t turn);
  void follow(const std::string& stream, bool recorded, base::Duration ahead);
  void begin_recording(const std::string& stream);
  void end_recording(bool of_plan);
  void write_kept(Take& take, base::Duration ahead);
  void check_recording();
  std::string why_nothing_is_recorded() const;
  void source_changed(const devices::SourceStatus& status);
  void tell_connection(ChannelConnection connection);
  void damaged(const std::string& stream, std::uint64_t lost, std::uint64_t units);
  void tell_quirk(std::string_view name, const std::string& detail);
  void raise(std::string type, std::string cause, std::string message,
             std::map<std::string, std::int64_t> counts = {});

  const boost::asio::any_io_executor executor_;
  const base::Clock& clock_;
  Storage& storage_;
  const ChannelSettings settings_;
  const ChannelEventSink sink_;
  const ChannelConnectionSink connection_sink_;
  std::mutex telling_;  ///< held while the sink is told, for the order
  std::optional<ChannelConnection> told_;
  std::map<std::string, Stream> streams_;
  base::Timer pause_;
  std::shared_ptr<media::UnitReader> reader_;
  std::shared_ptr<Take> take_;  ///< of the record_loop that goes on
  std::uint64_t turn_ = 0;      ///< counts other streams to record; an older record_loop ends
  platform::RecordingTypes types_;
  std::set<std::string, std::less<>> quirks_;  ///< told, of any of its streams
  bool stopped_ = false;
  bool watched_ = false;        ///< watch_loop runs: only while something is to be recorded
  std::optional<bool> online_;  ///< nothing before the first attempt has ended
  bool lost_ = false;           ///< it was online, and is not
  bool begun_ = false;          ///< recording.started has been raised for this plan
  bool alarmed_ = false;        ///< recording.failed has been raised and nothing has come since
  bool interrupted_ = false;
  base::UtcTime alive_since_;     ///< when the last unit was recorded, or the recording asked for
  std::uint64_t units_then_ = 0;  ///< that the device had delivered soon after alive_since_
  mutable std::mutex mutex_;      ///< guards what status() reads
  std::string recorded_stream_;
  base::UtcTime asked_since_;
  bool continued_ = false;
  RecordingState state_ = RecordingState::stopped;
  std::string cause_;
  std::shared_ptr<ChannelRecorder> recorder_;
};

}  // namespace watchrig::storage

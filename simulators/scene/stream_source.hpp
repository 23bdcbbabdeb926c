#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "simulators/scene/pointed_view.hpp"
#include "simulators/scene/stream_profile.hpp"
#include "simulators/scene/street_traffic.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::scene {

/// One coded picture or audio packet, shared by all cameras with the same content and profile.
struct EncodedUnit {
  std::uint64_t index = 0;          ///< picture number of the stream from 0; no number is ever left out
  base::UtcTime captured;           ///< start + index / rate, by the rig's clock
  std::uint32_t rtp_timestamp = 0;  ///< random base + index * clock rate / rate
  bool key = false;
  base::Bytes payload;           ///< as media::AccessUnit has it
  std::string digest;            ///< media::digest(payload)
  SceneObjectsPtr objects = {};  ///< what is on the picture; null where nobody knows, or has asked
};
using EncodedUnitPtr = std::shared_ptr<const EncodedUnit>;

using PictureFinish = std::function<void(media::Picture&, base::UtcTime captured)>;

/// What a stream shows and how it is coded.
struct SourceSpec {
  std::string scene = "street";  ///< the only scene; not used when `file` is given
  std::filesystem::path file;    ///< a video file, played in a loop; empty for the scene
  StreamProfile profile;
  /// Of a camera whose pictures are its own: whose they are, where it points (only the scene can be looked
  /// around in), and what becomes of a picture before the stamp is burnt in, on the source's thread.
  std::string owner = {};
  PointingAt pointing = {};
  PictureFinish finish = {};
};

/// Whether the source keeps up, in model time from capture to the hand-over to all readers. What depends on
/// nothing but its time is coded before, and late only when that takes longer than there is from one unit to
/// the next.
struct SourceStats {
  std::uint64_t units = 0;
  std::uint64_t bytes = 0;
  base::Duration lateness_p50{};  ///< over the last 1024 units
  base::Duration lateness_p99{};
  base::Duration lateness_max{};  ///< since the start
  std::string error;              ///< why production ended; empty while it runs
};

class StreamSource;

/// A reader's hold on a source; ends with its destruction, after which the receiver is not called any more.
/// May be destroyed or changed on any thread, but not inside a receiver.
class Subscription {
 public:
  Subscription() = default;
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription();

  /// Multiplies the bit rate for this reader alone: from the next picture that is coded, a key picture, the
  /// reader gets the units of an encoder of its own factor; index and times go on without a gap. Factor 1
  /// leads back to the shared units at their next key picture. 0.05 to 50; fails with `unsupported` for
  /// passthrough and audio.
  base::Result<void> set_burst(double factor);

 private:
  friend class StreamSource;
  Subscription(std::shared_ptr<StreamSource> source, std::uint64_t id);
  std::shared_ptr<StreamSource> source_;
  std::uint64_t id_ = 0;
};

/// Produces one stream for ever on a thread of its own, paced by the clock, whether somebody subscribes or
/// not. When it cannot keep up, units come late and the statistics say so; none is left out.
class StreamSource : public std::enable_shared_from_this<StreamSource> {
 public:
  /// Called on the source's thread, units in order, first unit of any kind (wait for a key yourself). Must
  /// not block.
  using Receiver = std::function<void(const EncodedUnitPtr&)>;

  ~StreamSource();
  /// Codec, size and parameter sets, known from the start. `clock_rate` belongs to rtp_timestamp.
  const media::Track& track() const;
  const StreamProfile& profile() const;  ///< passthrough: completed with the file's codec, size and rate
  base::UtcTime started() const;         ///< when picture 0 is captured: at open()
  SourceStats stats() const;
  Subscription subscribe(Receiver receiver);
  /// From one of the next pictures on, units of the street tell what is on them, which costs time and memory.
  void tell_objects();

 private:
  friend class Subscription;
  friend class StreamSourceRegistry;
  struct State;
  explicit StreamSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Opens each content and profile once. Any thread. The clock outlives the registry and all sources.
class StreamSourceRegistry {
 public:
  /// The seed decides the traffic in the street and the RTP bases. All streams show one
  /// street, whose time starts with the first open().
  StreamSourceRegistry(const base::Clock& clock, std::uint64_t seed);
  ~StreamSourceRegistry();

  /// The running source with this content and profile, or a new one. It runs until the last holder lets it
  /// go.
  base::Result<std::shared_ptr<StreamSource>> open(const SourceSpec& spec);

 private:
  base::Result<void> set_up(const SourceSpec& spec, StreamSource::State& state);

  const base::Clock& clock_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<StreamSource>> sources_;
  std::optional<base::UtcTime> start_;
};

}  // namespace watchrig::scene

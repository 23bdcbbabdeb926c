#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/camera/camera_clock.hpp"
#include "simulators/camera/onvif/camera_place.hpp"
#include "simulators/camera/onvif/media_profile.hpp"
#include "simulators/camera/onvif/network_names.hpp"
#include "simulators/camera/onvif/onvif_users.hpp"
#include "simulators/camera/onvif/recording_plan.hpp"
#include "simulators/camera/personalities/quirks.hpp"
#include "simulators/scene/stream_profile.hpp"
#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"
#include "system/protocols/onvif/discovery_message.hpp"
#include "system/protocols/onvif/soap_service.hpp"

namespace watchrig::ptz {
class MechanicalHead;
}

namespace watchrig::camera {

/// One stream as media profiles tell of it. Its name is the token of its profile.
struct OnvifStream {
  std::string name;
  scene::StreamProfile profile;
  std::optional<media::Track> audio;
  bool fixed = false;   ///< not encoded here: the settings cannot be changed
  unsigned source = 1;  ///< the video source that it shows
  /// Of the scale of quality, as told while the bit rate is constant.
  int idle_quality = 50;
  /// How its sound is coded; nothing: that cannot be changed.
  std::optional<scene::StreamProfile> sound = {};

  media::Codec codec() const { return *profile.codec; }
  int quality() const { return profile.quality.value_or(idle_quality); }
};

class CameraCertificates;
class CameraIo;
class CardStore;
class EventHub;
class ImagingUnit;
class MetadataEvents;
class OsdBoard;
class StreamRoutes;
class VideoAnalytics;
struct EventSubscription;

/// What the services of one camera know and remember. Used on one executor, except `users`.
struct OnvifDevice {
  std::string id;
  std::vector<OnvifStream> streams;
  const base::Clock& clock;
  CameraUsers& users;
  std::function<std::uint16_t()> rtsp_port;
  std::function<void()> reboot;
  std::function<base::Result<base::Bytes>(std::string_view stream)> snapshot;  ///< a JPEG file
  /// Has the encoder of a stream work by other settings from now on.
  std::function<base::Result<>(std::string_view stream, const scene::StreamProfile&)> encode;

  /// The same of its sound; gives the track that it becomes.
  std::function<base::Result<media::Track>(std::string_view stream, const scene::StreamProfile&)>
      encode_sound = {};

  /// Video sources: 1 of a camera, the inputs of a recorder.
  unsigned sources = 1;
  bool is_recorder = false;

  std::string hostname = id;
  int sensor_width = streams.front().profile.width, sensor_height = streams.front().profile.height;
  /// That may be changed; the fixed ones are not among them.
  std::vector<std::string> scopes = {"onvif://www.onvif.org/name/" + id};
  bool discoverable = true;
  bool time_by_ntp = false;
  std::string time_zone = "UTC0";
  base::Duration clock_offset{};  ///< of the camera's clock against the rig's
  CameraPlace place = {};
  std::string gateway = {};
  NetworkNames names = {};
  std::string dhcp_address = {};  ///< what a DHCP server would give it; empty: there is none
  /// Has the camera forget what it was told, a moment later, and restart; a soft one keeps what it was told
  /// of the network (ONVIF Core, SetSystemFactoryDefault).
  std::function<void(bool hard)> factory_default = [](bool) {};
  /// Has the camera be elsewhere, a moment later.
  std::function<void(CameraPlace)> move = [](const CameraPlace&) {};
  std::string manufacturer = "Watchrig";
  std::string own_serial_number = {};  ///< empty: one made of the id
  bool discovers = false;              ///< whether it speaks WS-Discovery
  std::uint32_t metadata_version = 1;  ///< of what it tells there
  bool speaks_private = false;
  /// Null: it knows no TLS.
  std::shared_ptr<CameraCertificates> certificates = {};
  std::function<std::uint16_t()> rtsps_port = [] { return std::uint16_t{0}; };
  /// Another certificate is to be shown.
  std::function<void()> certified = [] {};
  std::string reset_email = {};          ///< by which its password could be reset
  std::function<void()> retold = [] {};  ///< what it tells there has changed
  Quirks quirks = {};
  unsigned inputs = 0, outputs = 0;
  std::shared_ptr<EventHub> events = {};
  std::shared_ptr<CameraIo> io = {};
  /// What each source is recorded on; none where nothing is recorded.
  std::vector<std::shared_ptr<CardStore>> cards = {};
  /// Of each source; none where nothing is told of the pictures.
  std::vector<std::shared_ptr<VideoAnalytics>> analytics = {};
  std::shared_ptr<MetadataEvents> metadata_events = {};  ///< in the streams of those
  /// Begins to send a consumer what it has subscribed to.
  std::function<void(std::shared_ptr<EventSubscription>)> push_events = {};
  std::vector<MediaProfile> profiles = {};
  unsigned profiles_made = 0;                  ///< by clients, so far
  std::shared_ptr<StreamRoutes> routes = {};   ///< by which streams are sent as profiles say
  std::vector<RecordingPlan> recordings = {};  ///< at most one of each source with a card
  std::vector<RecordingJob> jobs = {};
  unsigned recordings_made = 0, jobs_made = 0;
  bool speaks_out = false;                         ///< whether it has an audio output
  std::shared_ptr<ptz::MechanicalHead> head = {};  ///< null: it has none
  std::shared_ptr<ImagingUnit> imaging = {};       ///< null: its pictures cannot be set
  std::shared_ptr<CameraClock> own_clock = {};     ///< of its streams and its card; null: the rig's
  std::shared_ptr<OsdBoard> osd = {};              ///< null: it writes nothing into its pictures
  /// What its PTZ configuration says: how long a movement lasts of which nothing is said, and how fast it is.
  base::Duration ptz_timeout = std::chrono::seconds(5);
  double ptz_speed = 1;

  base::UtcTime now() const { return clock.now() + clock_offset; }
  void set_clock_offset(base::Duration offset);
  const OnvifStream* stream(std::string_view name) const;
  /// Null when there is none of that token.
  const MediaProfile* profile(std::string_view token) const;
  /// Whose encoder a profile has; null: it has none.
  const OnvifStream* stream_of(const MediaProfile& profile) const;
  /// The video source that a profile's configurations are of, as far as it has such.
  std::optional<unsigned> source_of(const MediaProfile& profile) const;
  /// The first of a source, which is the one that is recorded.
  const OnvifStream& main_stream(unsigned source) const;
  /// The token of something that each source has: "video", or "video-3" of a recorder.
  std::string token(std::string_view what, unsigned source) const;
  /// The source whose token of that kind it is.
  std::optional<unsigned> source_of(std::string_view what, std::string_view token) const;
  std::vector<std::string> fixed_scopes() const;
  std::string serial_number() const;
  std::string mac() const;  ///< 02:…, locally administered
  /// 169.254.…, that zero configuration would choose (RFC 3927).
  std::string link_local_address() const;
  std::string uuid() const;  ///< of the endpoint: urn:uuid:…
  /// Of its device service, by each way in which that answers.
  std::vector<std::string> addresses() const;
  /// What it tells of itself to whoever looks for devices.
  protocols::DiscoveryTarget target() const;
};

using OnvifCall = protocols::SoapCall;
using OnvifOutcome = protocols::SoapOutcome;
using OnvifOperation = protocols::SoapOperation;
using OnvifService = protocols::SoapService;
using protocols::no_profile;
using protocols::refuse;

/// The services of a camera; each table refers to the device, which outlives it.
OnvifService device_service(OnvifDevice& device);
OnvifService user_and_time_service(OnvifDevice& device);
OnvifService media_service(OnvifDevice& device);
OnvifService media2_service(OnvifDevice& device);
OnvifService event_service(OnvifDevice& device);
/// Each subscription has an address of its own.
OnvifService subscription_service(OnvifDevice& device);
inline constexpr std::string_view subscription_path = "/onvif/subscription/",
                                  subscription_pattern = "/onvif/subscription/{object}";
OnvifService io_service(OnvifDevice& device);
/// Of a camera with a head.
OnvifService ptz_service(OnvifDevice& device);
/// Of a camera whose pictures can be set.
OnvifService imaging_service(OnvifDevice& device);
/// Of cameras that tell of what their pictures show.
OnvifService analytics_service(OnvifDevice& device);
/// Those of the media service, version 1 and 2, that make profiles and change what is in them.
std::vector<OnvifOperation> profile_operations1(OnvifDevice& device);
std::vector<OnvifOperation> profile_operations2(OnvifDevice& device);
/// Those for the configurations of video and audio sources.
std::vector<OnvifOperation> source_operations1(OnvifDevice& device);
std::vector<OnvifOperation> source_operations2(OnvifDevice& device);
/// Those for settings of audio encoders.
std::vector<OnvifOperation> sound_operations1(OnvifDevice& device);
std::vector<OnvifOperation> sound_operations2(OnvifDevice& device);
/// Those of the media service, version 1 and 2, for what such cameras tell.
std::vector<OnvifOperation> metadata_operations1(OnvifDevice& device);
std::vector<OnvifOperation> metadata_operations2(OnvifDevice& device);
/// Of cameras with a card.
OnvifService recording_service(OnvifDevice& device);
OnvifService search_service(OnvifDevice& device);
OnvifService replay_service(OnvifDevice& device);
/// Of the private protocol; not listed by GetServices.
OnvifService private_service(OnvifDevice& device);
/// Those of the device service for addresses and ports.
std::vector<OnvifOperation> network_operations(OnvifDevice& device);
/// Those of the device service for names and time servers.
std::vector<OnvifOperation> name_operations(OnvifDevice& device);
inline constexpr std::size_t most_name_servers = 4;
inline constexpr const char* network_card_token = "eth0";
/// Of letters, digits, hyphens and dots.
bool is_hostname(std::string_view name);
/// Those of the device service for certificates, of cameras that know TLS.
std::vector<OnvifOperation> certificate_operations(OnvifDevice& device);
/// Those of the device service for relays.
std::vector<OnvifOperation> relay_operations(OnvifDevice& device);
/// Of cameras that write into their pictures: of both versions of the media service, and of version 1 alone.
std::vector<OnvifOperation> osd_operations(OnvifDevice& device);
std::vector<OnvifOperation> osd_operations1(OnvifDevice& device);
/// Of cameras with an audio output: of the two versions of the media service.
std::vector<OnvifOperation> audio_output_operations1(OnvifDevice& device);
std::vector<OnvifOperation> audio_output_operations2(OnvifDevice& device);
/// Those that GetServices lists.
std::vector<OnvifService> listed_services(OnvifDevice& device);

}  // namespace watchrig::camera

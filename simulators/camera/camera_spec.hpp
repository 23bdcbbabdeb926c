#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/camera/onvif/camera_certificates.hpp"
#include "simulators/camera/personalities/quirks.hpp"
#include "simulators/kernel/xml_file.hpp"
#include "simulators/scene/stream_source.hpp"

namespace watchrig::camera {

/// One camera or recorder of a rig file, its streams resolved to what they show and how they are coded.
struct CameraSpec {
  struct Stream {
    std::string_view name;  ///< one of media::stream_names
    scene::SourceSpec source;
  };
  std::string id;
  unsigned channels = 0;  ///< of a recorder; 0: it is a camera
  bool distinct = false;  ///< each channel of a recorder has pictures of its own, with its number in them
  std::vector<Stream> streams;             ///< of each channel, main first
  std::optional<scene::SourceSpec> audio;  ///< goes with all streams
  std::string username;                    ///< empty: everybody may watch
  std::string password;
  std::uint16_t port = 0;             ///< of RTSP on the loopback interface; 0: any free one
  bool onvif = false;                 ///< whether it has ONVIF services
  std::uint16_t onvif_port = 0;       ///< of their HTTP; 0: any free one
  base::Duration clock_ahead{};       ///< of the camera's own clock (CameraClock) against the rig's
  std::string address = "127.0.0.1";  ///< in 127.0.0.0/8, of streams and services
  bool discovery = false;             ///< whether its services can be found by WS-Discovery
  std::string manufacturer = "Watchrig";
  bool speaks_private = false;  ///< beside ONVIF: what only cameras of our own kind do
  std::string serial_number;    ///< empty: one made of the id
  Quirks quirks;                ///< of the personality
  unsigned inputs = 0;          ///< digital inputs
  unsigned outputs = 0;         ///< relays
  /// Of the card that records the main stream, or of the disk that all channels of a recorder share; 0: there
  /// is none.
  std::uint64_t card_bytes = 0;
  bool card_stops = false;      ///< when it is full; else the oldest makes room
  bool ptz = false;             ///< whether it has a head; then its pictures are its own
  bool imaging = false;         ///< whether its pictures can be set and written on; then they are its own
  bool backchannel = false;     ///< whether it can be talked to (Loudspeaker)
  bool analytics = false;       ///< whether it tells of what its pictures show
  unsigned analytics_rate = 5;  ///< of so many pictures a second
  bool http = true;             ///< whether its services answer in the clear
  /// Services and streams by TLS too, with a certificate of this manner; none: in the clear only.
  std::optional<CertificateManner> certificate;
  std::uint16_t https_port = 0;  ///< 0: any free one
  /// How much later than captured its pictures go out, as a part of the time from one to the next: 0 up to 1.
  double phase = 0;
  std::string dhcp_address;  ///< which it gets when it is told to use DHCP; empty: it gets none
};

/// The largest card: it is kept in memory.
inline constexpr std::uint64_t max_card_megabytes = 4096;

/// Channels of a recorder.
inline constexpr unsigned max_channels = 64;

/// Most cameras that one element may stand for.
inline constexpr std::uint64_t max_cameras = 10000;

/// Reads one <camera> or <recorder> element: one camera, or with count="64" those from id-1 to id-64, on
/// consecutive ports if port (onvif-port) is given, and at consecutive addresses if address is; with
/// phases="spread" they send one after the other and not all at the same instant. `folder` is
/// where relative file names begin; then Debian's opencv-doc examples are tried. Errors of kind invalid name
/// file, line and attribute; not_found a video file that is nowhere. A <recorder> is such a device with
/// channels="1" to "64", each with the same streams, and disk-mb in place of card-mb.
base::Result<std::vector<CameraSpec>> parse_camera(const kernel::XmlFile& file, pugi::xml_node element,
                                                   const std::filesystem::path& folder);

}  // namespace watchrig::camera

#pragma once

#include <string>
#include <vector>

#include "system/devices/onvif/onvif_client.hpp"
#include "system/devices/onvif/onvif_services.hpp"

namespace watchrig::devices {

/// When a device has recorded a channel itself, by this server's clock.
struct DeviceRecording {
  struct Span {
    base::UtcTime from, to;
    bool operator==(const Span&) const = default;
  };
  std::string token;             ///< of the recording on the device
  std::vector<Span> spans;       ///< without overlap, oldest first; all within the period that was asked for
  bool holes_known = true;       ///< false: the device tells its oldest and newest only
  base::Duration clock_ahead{};  ///< of the device against ours; known to a second
};

/// Which of a device's channels, counted from 1; of how many, where that is known.
struct ChannelPlace {
  std::uint32_t channel = 1;
  std::uint32_t channels = 0;  ///< 0: not known
};

/// The recording that a device keeps of a channel: the one whose job records a media profile of
/// the channel, or where the jobs do not say, by its place among them, as video sources are counted. Errors:
/// not_found, conflict (of several channels there are not as many recordings, so nobody knows whose is
/// which), those of OnvifClient::ask.
boost::asio::awaitable<base::Result<std::string>> recording_of_channel(OnvifClient& client,
                                                                       const OnvifServices& services,
                                                                       ChannelPlace place);

/// Asks an ONVIF device what it has recorded of a channel in [from, to) (ONVIF Recording Search, 5.8, 5.19).
/// Errors: unsupported (it keeps no recordings, or cannot tell of them), not_found (none of that channel),
/// invalid (what it tells cannot be), those of OnvifClient::ask. The clock outlives the coroutine.
boost::asio::awaitable<base::Result<DeviceRecording>> find_device_recording(const base::Clock& clock,
                                                                            OnvifClient::Options device,
                                                                            ChannelPlace place,
                                                                            base::UtcTime from,
                                                                            base::UtcTime to);

/// What one event of a search says of a track.
struct TrackChange {
  base::UtcTime time;
  bool present = false;
};
/// The spans between changes within [from, to), where the state at `from` is the opposite of the first
/// change's, or `present` when there is none. Changes may come out of order and repeat themselves.
std::vector<DeviceRecording::Span> spans_of(std::vector<TrackChange> changes, bool present,
                                            base::UtcTime from, base::UtcTime to);

}  // namespace watchrig::devices

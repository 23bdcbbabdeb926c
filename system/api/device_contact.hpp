#pragma once

#include <string>
#include <utility>
#include <vector>

#include "system/central/central.hpp"
#include "system/devices/onvif/clock_calibration.hpp"
#include "system/devices/onvif/onvif_locator.hpp"

namespace watchrig::api {

/// How to ask a device by ONVIF at one of its addresses; central knows those that register, and notes what is
/// asked because of a request, which is named (see trace_name()). Error unsupported for other drivers, by
/// which nothing can be asked.
base::Result<devices::OnvifClient::Options> onvif_contact(central::Central& central,
                                                          const central::Device& device,
                                                          const std::string& address,
                                                          const std::string& request = {});

/// How to ask a device about one of its streams.
struct StreamContact {
  devices::OnvifClient::Options device;
  devices::OnvifStreamChoice choice;
};
/// Errors: unsupported, not_found (the channel has no such stream).
base::Result<StreamContact> stream_contact(central::Central& central, const central::Device& device,
                                           const central::Channel& channel, const std::string& stream,
                                           const std::string& request = {});

/// How its streams are to be sent, to the client that receives them.
media::RtspClient::Transport rtsp_transport(const central::Device& device);

/// How to ask those of a list that can be asked, by questions that do not wait long, since many devices may
/// be away.
struct Contacts {
  std::vector<devices::OnvifClient::Options> devices;
  std::vector<std::size_t> places;                           ///< in the list, of each of these
  std::vector<std::pair<std::size_t, base::Error>> refused;  ///< the places of the others, and why
};
Contacts contacts_of(central::Central& central, const std::vector<central::DevicePtr>& list,
                     const std::string& request = {});

/// What a device has answered, as an error of ours: it is not the client whose password is wrong.
base::Error device_failure(base::Error error);

/// Who wants the clocks right; account and source empty: the server itself.
struct ClockWish {
  std::string account;
  std::string source;
  std::string correlation;  ///< of the request, or of the server's round; of the log's entries and the trace
};

/// Sets the clocks of devices that are off by more than the settings `device_time` tolerate; the log tells of
/// each. A result for each device. On a single-threaded executor; the references outlive it.
boost::asio::awaitable<std::vector<base::Result<devices::ClockCheck>>> correct_clocks(
    central::Central& central, const base::Clock& clock, std::vector<central::DevicePtr> list,
    ClockWish wish);

}  // namespace watchrig::api

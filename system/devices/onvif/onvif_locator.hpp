#pragma once

#include <memory>

#include "system/devices/onvif/onvif_client.hpp"
#include "system/devices/stream_locator.hpp"
#include "system/media/rtsp_client.hpp"

namespace watchrig::devices {

/// Which stream of which channel, and how it is to be sent.
struct OnvifStreamChoice {
  std::uint32_t channel = 1;  ///< number of the video source, from 1
  std::string stream = "main";
  media::RtspClient::Transport transport = media::RtspClient::Transport::tcp;
};

/// The rtsp:// or rtsps:// address that a device names, or for the transport http also http:// or https://,
/// with the host by which we reach it, and without an account. Error unsupported: it is none.
base::Result<std::string> reachable_stream(
    const std::string& uri, const std::string& host,
    media::RtspClient::Transport transport = media::RtspClient::Transport::tcp);

/// Asks an ONVIF device for the address of a stream: by version 2 of the media service, else by version 1.
/// Hosts in what the device answers are replaced by the one by which it was reached: behind address
/// translation it does not know that one.
std::unique_ptr<StreamLocator> make_onvif_locator(const base::Clock& clock, OnvifClient::Options options,
                                                  OnvifStreamChoice choice);

}  // namespace watchrig::devices

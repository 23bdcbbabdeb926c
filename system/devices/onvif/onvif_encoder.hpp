#pragma once

#include <functional>

#include "system/devices/onvif/onvif_client.hpp"
#include "system/devices/onvif/onvif_locator.hpp"
#include "system/devices/stream_encoding.hpp"

namespace watchrig::devices {

/// How a stream of the device is coded and what it could be; by version 2 of the media service, else by
/// version 1, which knows neither H.265 nor the mode of the bit rate. Errors: those of OnvifClient::ask,
/// not_found (no such stream), unsupported.
boost::asio::awaitable<base::Result<EncoderState>> read_encoder(const base::Clock& clock,
                                                                OnvifClient::Options device,
                                                                OnvifStreamChoice choice);

/// What comes of an attempt to set an encoder.
struct EncoderChange {
  EncoderState state;  ///< as the device tells it afterwards, which need not be what was asked
  std::optional<EncoderRefusal> refusal = {};  ///< then nothing has changed
};
/// Asks the device for its settings, has `change` make the wanted ones of them, checks these against what the
/// device can do, sets them and reads them again. Refused as well: sizes by which another
/// stream would become the main one, since that is known by its pixels. `change` runs between two questions,
/// on the coroutine's thread.
boost::asio::awaitable<base::Result<EncoderChange>> change_encoder(
    const base::Clock& clock, OnvifClient::Options device, OnvifStreamChoice choice,
    std::function<std::optional<EncoderRefusal>(EncoderState&)> change);

}  // namespace watchrig::devices

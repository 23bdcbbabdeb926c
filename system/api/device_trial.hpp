#pragma once

#include "system/api/server_parts.hpp"

namespace watchrig::api {

/// What a device has told of itself; 0 of what it does not tell.
struct TriedDevice {
  std::uint32_t sources = 0;  ///< of video
  std::size_t streams = 0;    ///< of the source that has most of them
};

/// Has the sub streams that are asked for where the main stream is be those that there are.
void fit_streams(central::Device& device, const TriedDevice& tried);

/// Whether a device that is to be added answers as it is entered: by ONVIF its account is tried, by RTSP the
/// main stream of its first channel is played for a moment. The field of an error is the entry that is wrong
/// as far as the device tells: password, address, driver, or streams.main. One that registers comes when it
/// is known, and is taken as it is. The references outlive it.
boost::asio::awaitable<central::FieldResult<TriedDevice>> try_device(central::Central& central,
                                                                     const base::Clock& clock,
                                                                     central::Device device);

}  // namespace watchrig::api

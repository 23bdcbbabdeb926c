#pragma once

#include "system/api/server_parts.hpp"

namespace watchrig::api {

/// Whether a device that is to be added answers as it is entered: by ONVIF its account is tried, by RTSP the
/// main stream of its first channel is played for a moment. The field of an error is the entry that is wrong
/// as far as the device tells: password, address, driver, or streams.main. One that registers comes when it
/// is known, and is taken as it is. The result is how many video sources it has, 0 where it does not tell.
/// The references outlive it.
boost::asio::awaitable<central::FieldResult<std::uint32_t>> try_device(central::Central& central,
                                                                       const base::Clock& clock,
                                                                       central::Device device);

}  // namespace watchrig::api

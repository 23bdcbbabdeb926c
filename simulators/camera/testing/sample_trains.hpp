#pragma once

#include <memory>
#include <vector>

#include "simulators/camera/ledger.hpp"
#include "system/media/rtp_train.hpp"

namespace watchrig::camera::testing {

inline constexpr std::size_t sample_packet_bytes = 100;

/// 25 units a second from the instant 1000 s, as a source would give them to a ledger.
UnitGrid sample_grid();
base::UtcTime captured_at(std::uint64_t unit);

/// A train of `packets` packets for this unit, sequence numbers from `unit * 100` on, bytes that differ.
media::RtpTrain sample_train(std::uint64_t unit, std::size_t packets, std::uint16_t track = 0);
/// Its packets without their interleaving frames.
std::vector<base::ByteView> packets_of(const media::RtpTrain& train);

}  // namespace watchrig::camera::testing

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"

namespace watchrig::media {

/// The RTP packets of one access unit, made once and sent to every reader of a stream. Each packet stands in
/// `block` behind the 4-byte frame of RTSP interleaving (`$`, channel 2 * track, 16-bit length; RFC
/// 2326, 10.12), so a TCP reader gets the whole block in one write and a UDP reader gets each packet without
/// its first four bytes.
struct RtpTrain {
  std::uint16_t track = 0;
  bool key = false;  ///< a reader that lost packets may go on here
  bool video = false;
  std::uint32_t rtp_timestamp = 0;
  base::UtcTime time;  ///< for sender reports: the UTC of rtp_timestamp
  base::Bytes block;
  std::vector<std::uint32_t> packets;  ///< offset of each packet's frame in block, ascending
};

using RtpTrainPtr = std::shared_ptr<const RtpTrain>;

inline std::size_t queued_bytes(const RtpTrainPtr& train) { return train->block.size(); }
inline bool is_restart_point(const RtpTrainPtr& train) { return train->key && train->video; }

}  // namespace watchrig::media

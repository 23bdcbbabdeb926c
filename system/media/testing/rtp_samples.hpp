#pragma once

#include <string>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/rtp_receiver.hpp"
#include "system/media/rtp_train.hpp"

namespace watchrig::media::testing {

/// Parameter sets of x264 for 160x96, High profile, level 1.3; and of x265 for 160x96.
base::Bytes h264_sps();
base::Bytes h264_pps();
base::Bytes h265_vps();
base::Bytes h265_sps();
base::Bytes h265_pps();

Track track_of(Codec codec);

/// A length-prefixed picture of one slice with about `size` bytes of noise; key pictures have parameter sets
/// in front.
base::Bytes picture(Codec codec, bool key, std::size_t size, unsigned seed = 1);
/// One slice; `first` is whether it is the first of its picture.
base::Bytes slice(Codec codec, bool key, bool first, std::size_t size, unsigned seed = 1);
base::Bytes length_prefixed(const std::vector<base::Bytes>& nals);
/// A list of one: std::vector{bytes} would copy the bytes' own vector.
std::vector<base::Bytes> only(base::Bytes bytes);

/// A whole RTP packet.
base::Bytes packet(const RtpHeader& header, base::ByteView payload);
/// The RTP packets of a train, without their frames.
std::vector<base::Bytes> packets_of(const RtpTrain& train);

/// Packets of a file of `system/media/testing/captures`, and a whole file of it.
std::vector<base::Bytes> read_capture(const std::string& name);
base::Bytes read_sample(const std::string& name);

/// 2026-01-31T12:00:00Z plus so much.
base::UtcTime at(base::Duration since_start);

/// A receiver and what it has delivered.
struct Received {
  explicit Received(const Track& track, RtpReceiverOptions options = {});
  std::vector<AccessUnitPtr> units;
  RtpReceiver receiver;

  void push(const std::vector<base::Bytes>& packets, base::UtcTime when);
  std::vector<base::Bytes> payloads() const;
};

}  // namespace watchrig::media::testing

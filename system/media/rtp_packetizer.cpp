#include "system/media/rtp_packetizer.hpp"

#include <algorithm>

#include "system/media/payload_formats.hpp"

namespace watchrig::media {

namespace {

// Room for the payload header of a JPEG's first packet with 16-bit tables of its own.
constexpr std::size_t smallest_packet = 320, largest_packet = 65535;

base::Result<> packetize_as(Codec codec, base::ByteView payload, RtpTrainWriter& writer) {
  switch (codec) {
    case Codec::h264:
    case Codec::h265:
      return packetize_h26x(codec, payload, writer);
    case Codec::mjpeg:
      return packetize_jpeg(payload, writer);
    case Codec::aac:
      return packetize_aac(payload, writer);
    case Codec::pcmu:
    case Codec::pcma:
      return packetize_g711(payload, writer);
  }
  return base::Error{base::ErrorKind::unsupported, "unknown codec"};
}

}  // namespace

RtpPacketizer::RtpPacketizer(const Track& track, std::uint16_t track_index, std::uint32_t ssrc,
                             std::size_t max_packet)
    : codec_(track.codec),
      payload_type_(track.payload_type),
      track_index_(track_index),
      next_sequence_(static_cast<std::uint16_t>(ssrc * 0x9e3779b1u >> 16)),
      ssrc_(ssrc),
      max_packet_(std::clamp(max_packet, smallest_packet, largest_packet)) {}

base::Result<RtpTrainPtr> RtpPacketizer::packetize(base::ByteView payload, bool key,
                                                   std::uint32_t rtp_timestamp, base::UtcTime time,
                                                   const std::optional<ReplayMark>& mark) {
  auto train = std::make_shared<RtpTrain>();
  train->track = track_index_;
  train->key = key;
  train->video = is_video(codec_);
  train->rtp_timestamp = rtp_timestamp;
  train->time = time;
  RtpHeader header;
  header.payload_type = payload_type_;
  header.sequence = next_sequence_;
  header.timestamp = rtp_timestamp;
  header.ssrc = ssrc_;
  RtpTrainWriter writer(*train, header, max_packet_, mark);
  if (const auto made = packetize_as(codec_, payload, writer); made.has_error()) return made.error();
  next_sequence_ = writer.next_sequence();
  packets_ += static_cast<std::uint32_t>(train->packets.size());
  octets_ += writer.octets();
  return RtpTrainPtr(std::move(train));
}

base::Result<RtpTrainPtr> RtpPacketizer::packetize(const AccessUnit& unit) {
  return packetize(unit.payload, unit.key, unit.rtp_timestamp, unit.time);
}

}  // namespace watchrig::media

#include "system/media/rtp_train_writer.hpp"

namespace watchrig::media {

namespace {

constexpr std::size_t frame_size = 4;

}  // namespace

void RtpTrainWriter::reserve(std::size_t payload_bytes, std::size_t pieces) {
  constexpr std::size_t small_head = 8;
  const std::size_t packets = payload_bytes / (room_ - small_head) + pieces;
  train_.block.reserve(payload_bytes + packets * (frame_size + rtp_header_size + small_head));
  train_.packets.reserve(packets);
}

void RtpTrainWriter::add(bool marker, base::ByteView head, base::ByteView body) {
  std::uint8_t start[frame_size + rtp_header_size + replay_mark_size];
  const std::size_t header_size = rtp_header_size + (mark_ ? replay_mark_size : 0);
  start[0] = '$';
  start[1] = static_cast<std::uint8_t>(2 * train_.track);
  base::store_be16(start + 2, static_cast<std::uint16_t>(header_size + head.size() + body.size()));
  header_.marker = marker;
  write_rtp_header(start + frame_size, header_);
  if (mark_) write_replay_mark(start + frame_size, *mark_);
  mark_.reset();
  ++header_.sequence;
  octets_ += static_cast<std::uint32_t>(head.size() + body.size());

  base::Bytes& block = train_.block;
  train_.packets.push_back(static_cast<std::uint32_t>(block.size()));
  block.insert(block.end(), start, start + frame_size + header_size);
  block.insert(block.end(), head.begin(), head.end());
  block.insert(block.end(), body.begin(), body.end());
}

}  // namespace watchrig::media

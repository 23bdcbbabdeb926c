#include "simulators/camera/testing/sample_trains.hpp"

namespace watchrig::camera::testing {

UnitGrid sample_grid() { return {base::UtcTime(std::chrono::seconds(1000)), {25, 1}}; }

base::UtcTime captured_at(std::uint64_t unit) {
  return sample_grid().started + sample_grid().rate.time_of(unit);
}

media::RtpTrain sample_train(std::uint64_t unit, std::size_t packets, std::uint16_t track) {
  media::RtpTrain train;
  train.track = track;
  train.video = track == 0;
  train.key = unit % 10 == 0;
  train.rtp_timestamp = static_cast<std::uint32_t>(unit * 3600);
  train.time = captured_at(unit);
  for (std::size_t i = 0; i < packets; ++i) {
    const auto at = train.block.size();
    train.packets.push_back(static_cast<std::uint32_t>(at));
    train.block.resize(at + 4 + sample_packet_bytes, static_cast<std::uint8_t>(unit + i));
    std::uint8_t* frame = train.block.data() + at;
    frame[0] = '$';
    frame[1] = static_cast<std::uint8_t>(2 * track);
    base::store_be16(frame + 2, sample_packet_bytes);
    frame[4] = 0x80;
    frame[5] = 96;
    base::store_be16(frame + 6, static_cast<std::uint16_t>(unit * 100 + i));
    base::store_be32(frame + 8, train.rtp_timestamp);
    base::store_be32(frame + 12, 0x1234);
  }
  return train;
}

std::vector<base::ByteView> packets_of(const media::RtpTrain& train) {
  std::vector<base::ByteView> packets;
  for (const auto offset : train.packets) {
    packets.push_back(base::ByteView(train.block).subspan(offset + 4, sample_packet_bytes));
  }
  return packets;
}

}  // namespace watchrig::camera::testing

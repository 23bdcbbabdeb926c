#include "system/media/depacketizer.hpp"

#include "system/media/audio_depacketizer.hpp"
#include "system/media/h26x_depacketizer.hpp"
#include "system/media/jpeg_depacketizer.hpp"

namespace watchrig::media {

std::unique_ptr<Depacketizer> make_depacketizer(const Track& track, std::size_t max_unit_bytes,
                                                UnitSink& sink, RtpReceiverStats& stats) {
  switch (track.codec) {
    case Codec::h264:
    case Codec::h265:
      return std::make_unique<H26xDepacketizer>(track.codec, max_unit_bytes, sink, stats);
    case Codec::mjpeg:
      return std::make_unique<JpegDepacketizer>(track, max_unit_bytes, sink, stats);
    case Codec::aac:
      return std::make_unique<AacDepacketizer>(track, max_unit_bytes, sink, stats);
    case Codec::pcmu:
    case Codec::pcma:
      break;
  }
  return std::make_unique<G711Depacketizer>(max_unit_bytes, sink);
}

}  // namespace watchrig::media

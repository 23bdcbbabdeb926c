#include "system/media/av_decoder.hpp"

#include <cstring>

#include <fmt/format.h>

#include "system/media/av_handles.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media {

struct VideoDecoder::State {
  Codec codec{};
  AvCodecContextPtr context;
  AvFramePtr frame{av_frame_alloc()};
  AvPacketPtr packet{av_packet_alloc()};
  PictureConverter converter;

  base::Result<std::vector<DecodedPicture>> receive() {
    std::vector<DecodedPicture> pictures;
    while (avcodec_receive_frame(context.get(), frame.get()) >= 0) {
      auto picture = converter.convert(*frame);
      if (!picture) return picture.error();
      pictures.push_back({std::move(*picture), frame->pts});
      av_frame_unref(frame.get());
    }
    return pictures;
  }
};

VideoDecoder::VideoDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
VideoDecoder::VideoDecoder(VideoDecoder&&) noexcept = default;
VideoDecoder& VideoDecoder::operator=(VideoDecoder&&) noexcept = default;
VideoDecoder::~VideoDecoder() = default;

base::Result<VideoDecoder> VideoDecoder::open(const Track& track) {
  quiet_libav();
  const AVCodec* codec = is_video(track.codec) ? avcodec_find_decoder(av_codec_id(track.codec)) : nullptr;
  if (codec == nullptr)
    return base::Error{base::ErrorKind::unsupported,
                       fmt::format("no video decoder for {}", to_string(track.codec))};
  auto state = std::make_unique<State>();
  state->codec = track.codec;
  state->context.reset(avcodec_alloc_context3(codec));
  state->context->thread_count = 1;
  state->context->flags |= AV_CODEC_FLAG_LOW_DELAY;
  // Start codes: the decoder then takes parameter sets from config and from within the stream alike.
  if (track.codec != Codec::mjpeg) set_extradata(*state->context, length_prefixed_to_annexb(track.config));
  if (const int code = avcodec_open2(state->context.get(), codec, nullptr); code < 0)
    return av_error(fmt::format("open the decoder for {}", to_string(track.codec)), code);
  return VideoDecoder(std::move(state));
}

base::Result<std::vector<DecodedPicture>> VideoDecoder::decode(base::ByteView payload, std::int64_t tag) {
  State& s = *state_;
  base::Bytes annexb;
  if (s.codec != Codec::mjpeg) {
    annexb = length_prefixed_to_annexb(payload);
    payload = annexb;
  }
  // An empty packet would mean the end of the stream to the decoder.
  if (payload.empty()) return std::vector<DecodedPicture>{};
  if (const int code = av_new_packet(s.packet.get(), static_cast<int>(payload.size())); code < 0)
    return av_error("decode a picture", code);
  std::memcpy(s.packet->data, payload.data(), payload.size());
  s.packet->pts = tag;
  const int code = avcodec_send_packet(s.context.get(), s.packet.get());
  av_packet_unref(s.packet.get());
  if (code < 0) return av_error(fmt::format("decode a picture of {}", to_string(s.codec)), code);
  return s.receive();
}

base::Result<std::vector<DecodedPicture>> VideoDecoder::flush() {
  avcodec_send_packet(state_->context.get(), nullptr);
  auto pictures = state_->receive();
  avcodec_flush_buffers(state_->context.get());
  return pictures;
}

}  // namespace watchrig::media

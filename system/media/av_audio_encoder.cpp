#include <cstring>

#include <fmt/format.h>

#include "system/media/av_encoder.hpp"
#include "system/media/av_handles.hpp"

namespace watchrig::media {

struct AudioEncoder::State {
  AudioEncoderSettings settings;
  AvCodecContextPtr context;
  AvFramePtr frame{av_frame_alloc()};
  AvPacketPtr packet{av_packet_alloc()};
  Track track;
  std::int64_t samples = 0;
};

AudioEncoder::AudioEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
AudioEncoder::AudioEncoder(AudioEncoder&&) noexcept = default;
AudioEncoder& AudioEncoder::operator=(AudioEncoder&&) noexcept = default;
AudioEncoder::~AudioEncoder() = default;
const Track& AudioEncoder::track() const { return state_->track; }
int AudioEncoder::frame_samples() const { return state_->frame->nb_samples; }
int AudioEncoder::delay_samples() const { return state_->context->initial_padding; }

base::Result<AudioEncoder> AudioEncoder::open(const AudioEncoderSettings& settings) {
  quiet_libav();
  const bool aac = settings.codec == Codec::aac;
  if (is_video(settings.codec) || settings.channels < 1 || settings.channels > 2)
    return base::Error{base::ErrorKind::invalid, "sound is AAC or G.711 with one or two channels"};
  const AVCodec* codec = avcodec_find_encoder(av_codec_id(settings.codec));
  if (codec == nullptr)
    return base::Error{base::ErrorKind::unsupported,
                       fmt::format("libavcodec has no encoder for {}", to_string(settings.codec))};
  auto state = std::make_unique<State>();
  state->settings = settings;
  state->context.reset(avcodec_alloc_context3(codec));
  AVCodecContext& context = *state->context;
  context.sample_rate = settings.sample_rate;
  context.time_base = {1, settings.sample_rate};
  context.sample_fmt = aac ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
  context.thread_count = 1;
  av_channel_layout_default(&context.ch_layout, settings.channels);
  if (aac) context.bit_rate = settings.bitrate_bps;
  context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (const int code = avcodec_open2(&context, codec, nullptr); code < 0)
    return av_error(
        fmt::format("open the encoder for {} at {} Hz", to_string(settings.codec), settings.sample_rate),
        code);

  AVFrame& frame = *state->frame;
  frame.nb_samples = aac ? context.frame_size : settings.sample_rate / 50;
  frame.format = context.sample_fmt;
  frame.sample_rate = settings.sample_rate;
  av_channel_layout_copy(&frame.ch_layout, &context.ch_layout);
  if (const int code = av_frame_get_buffer(&frame, 0); code < 0) return av_error("allocate sound", code);

  Track& track = state->track;
  track.codec = settings.codec;
  track.clock_rate = static_cast<std::uint32_t>(settings.sample_rate);
  track.channels = static_cast<std::uint8_t>(settings.channels);
  track.payload_type = settings.codec == Codec::pcmu ? 0 : settings.codec == Codec::pcma ? 8 : 97;
  if (aac) track.config.assign(context.extradata, context.extradata + context.extradata_size);
  return AudioEncoder(std::move(state));
}

base::Result<base::Bytes> AudioEncoder::encode(std::span<const std::int16_t> samples) {
  State& s = *state_;
  AVFrame& frame = *s.frame;
  const auto channels = std::size_t(s.settings.channels);
  if (samples.size() != std::size_t(frame.nb_samples) * channels)
    return base::Error{base::ErrorKind::invalid, fmt::format("{} samples where {} belong", samples.size(),
                                                             std::size_t(frame.nb_samples) * channels)};
  if (const int code = av_frame_make_writable(&frame); code < 0) return av_error("allocate sound", code);
  if (frame.format == AV_SAMPLE_FMT_FLTP) {
    for (std::size_t i = 0; i < samples.size(); ++i)
      reinterpret_cast<float*>(frame.data[i % channels])[i / channels] = float(samples[i]) / 32768.0F;
  } else {
    std::memcpy(frame.data[0], samples.data(), samples.size_bytes());
  }
  frame.pts = s.samples;
  s.samples += frame.nb_samples;
  if (const int code = avcodec_send_frame(s.context.get(), &frame); code < 0)
    return av_error("encode sound", code);
  const int code = avcodec_receive_packet(s.context.get(), s.packet.get());
  if (code == AVERROR(EAGAIN)) return base::Bytes{};
  if (code < 0) return av_error("encode sound", code);
  base::Bytes payload(s.packet->data, s.packet->data + s.packet->size);
  av_packet_unref(s.packet.get());
  return payload;
}

}  // namespace watchrig::media

#include <algorithm>

#include <fmt/format.h>

#include "system/media/av_encoder.hpp"
#include "system/media/av_handles.hpp"
#include "system/media/parameter_sets.hpp"

#ifdef __SANITIZE_ADDRESS__
// x265 3.5 does not free its copies of the parameters when an encoder is closed: some kilobytes each time.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libx265\n"; }
#endif

namespace watchrig::media {

struct VideoEncoder::State {
  VideoEncoderSettings settings;
  AvCodecContextPtr context;
  AvPacketPtr packet{av_packet_alloc()};
  SwsPtr to_full_range;  ///< JPEG has full range
  AvFramePtr jpeg_frame;
  double jpeg_quantiser = 6;
  Track track;
  std::int64_t frames = 0;
};

namespace {

/// The rate factor of x264 and x265 (0 is lossless, 51 the worst): 42.75 to 18.
double rate_factor(int quality) { return 43 - quality * 0.25; }

std::string x264_parameters(const VideoEncoderSettings& s) {
  // annexb=0: length-prefixed NAL units without a pass over the bytes. nal-hrd=cbr: filler when there is
  // nothing to code, so that a load test carries the bytes it asks for.
  return fmt::format("annexb=0:repeat-headers=1:nal-hrd={}:force-cfr=1:scenecut=0:sliced-threads=0:threads=1",
                     s.quality ? "vbr" : "cbr");
}

std::string x265_parameters(const VideoEncoderSettings& s) {
  const auto kilobits = s.bitrate_bps / 1000;
  return fmt::format(
      "log-level=none:annexb=0:repeat-headers=1:info=0:bframes=0:scenecut=0:open-gop=0:pools=none:frame-"
      "threads=1:"
      "keyint={0}:min-keyint={0}:vbv-maxrate={1}:vbv-bufsize={1}:{2}:hrd=1",
      s.gop, kilobits, s.quality ? fmt::format("crf={}", rate_factor(*s.quality)) : "strict-cbr=1");
}

base::Result<> check(const VideoEncoderSettings& s) {
  if (s.width < 16 || s.height < 16 || s.width > 7680 || s.height > 4320 || s.width % 2 != 0 ||
      s.height % 2 != 0)
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("size {}x{}: even, 16x16 to 7680x4320", s.width, s.height)};
  if (s.codec == Codec::mjpeg && (s.width % 8 != 0 || s.height % 8 != 0 || s.width > 2040 || s.height > 2040))
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("MJPEG size {}x{}: multiples of 8, at most 2040", s.width, s.height)};
  if (!is_video(s.codec))
    return base::Error{base::ErrorKind::invalid, fmt::format("{} is not a video codec", to_string(s.codec))};
  if (s.rate.numerator < 1 || s.rate.denominator < 1 || s.bitrate_bps < 1000 || s.gop < 1)
    return base::Error{base::ErrorKind::invalid, "frame rate, bit rate and GOP must be positive"};
  if (s.quality && (*s.quality < 1 || *s.quality > 100))
    return base::Error{base::ErrorKind::invalid, fmt::format("quality {}: 1 to 100", *s.quality)};
  return {};
}

void set_options(AVCodecContext& context, const VideoEncoderSettings& s) {
  context.width = s.width;
  context.height = s.height;
  context.framerate = {static_cast<int>(s.rate.numerator), static_cast<int>(s.rate.denominator)};
  context.time_base = av_inv_q(context.framerate);
  context.gop_size = s.gop;
  context.keyint_min = s.gop;
  context.max_b_frames = 0;
  context.thread_count = 1;
  context.pix_fmt = s.codec == Codec::mjpeg ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
  if (s.codec == Codec::mjpeg) {
    // RFC 2435 transmits no Huffman tables: both sides use those of ITU-T T.81, annex K.
    av_opt_set(context.priv_data, "huffman", "default", 0);
    context.flags |= AV_CODEC_FLAG_QSCALE;
    return;
  }
  context.color_range = AVCOL_RANGE_MPEG;
  context.rc_max_rate = s.bitrate_bps;
  if (s.quality) {
    av_opt_set_double(context.priv_data, "crf", rate_factor(*s.quality), 0);
  } else {
    context.bit_rate = context.rc_min_rate = s.bitrate_bps;
  }
  context.rc_buffer_size = static_cast<int>(std::min<std::int64_t>(s.bitrate_bps, INT32_MAX));
  context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  av_opt_set(context.priv_data, "preset", s.codec == Codec::h264 ? "superfast" : "ultrafast", 0);
  av_opt_set(context.priv_data, "tune", "zerolatency", 0);
  av_opt_set_int(context.priv_data, "forced-idr", 1, 0);
  if (s.codec == Codec::h264)
    av_opt_set(context.priv_data, "x264-params", x264_parameters(s).c_str(), 0);
  else
    av_opt_set(context.priv_data, "x265-params", x265_parameters(s).c_str(), 0);
}

/// Of JPEG: 31 is the worst.
double finest_quantiser(const VideoEncoderSettings& s) {
  return s.quality ? 31 - (*s.quality - 1) * 30 / 99.0 : 1;
}

const char* encoder_name(Codec codec) {
  return codec == Codec::h264 ? "libx264" : codec == Codec::h265 ? "libx265" : "mjpeg";
}

}  // namespace

VideoEncoder::VideoEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
VideoEncoder::VideoEncoder(VideoEncoder&&) noexcept = default;
VideoEncoder& VideoEncoder::operator=(VideoEncoder&&) noexcept = default;
VideoEncoder::~VideoEncoder() = default;
const Track& VideoEncoder::track() const { return state_->track; }

base::Result<VideoEncoder> VideoEncoder::open(const VideoEncoderSettings& settings) {
  quiet_libav();
  if (const auto checked = check(settings); !checked) return checked.error();
  const AVCodec* codec = avcodec_find_encoder_by_name(encoder_name(settings.codec));
  if (codec == nullptr)
    return base::Error{base::ErrorKind::unsupported,
                       fmt::format("libavcodec has no encoder {}", encoder_name(settings.codec))};
  auto state = std::make_unique<State>();
  state->settings = settings;
  state->context.reset(avcodec_alloc_context3(codec));
  AVCodecContext& context = *state->context;
  set_options(context, settings);
  if (const int code = avcodec_open2(&context, codec, nullptr); code < 0)
    return av_error(fmt::format("open the encoder {}", encoder_name(settings.codec)), code);

  Track& track = state->track;
  track.codec = settings.codec;
  track.width = static_cast<std::uint16_t>(settings.width);
  track.height = static_cast<std::uint16_t>(settings.height);
  if (settings.codec == Codec::mjpeg) {
    track.payload_type = 26;
    state->jpeg_frame.reset(av_frame_alloc());
    state->jpeg_frame->width = settings.width;
    state->jpeg_frame->height = settings.height;
    state->jpeg_frame->format = AV_PIX_FMT_YUVJ420P;
    if (const int code = av_frame_get_buffer(state->jpeg_frame.get(), 0); code < 0)
      return av_error("allocate a picture", code);
    state->to_full_range.reset(sws_getContext(settings.width, settings.height, AV_PIX_FMT_YUV420P,
                                              settings.width, settings.height, AV_PIX_FMT_YUVJ420P, SWS_POINT,
                                              nullptr, nullptr, nullptr));
    return VideoEncoder(std::move(state));
  }
  track.config =
      find_parameter_sets(settings.codec, {context.extradata, std::size_t(context.extradata_size)});
  if (track.config.empty())
    return base::Error{base::ErrorKind::unsupported,
                       "the encoder gave no parameter sets; is it the right build?"};
  return VideoEncoder(std::move(state));
}

base::Result<EncodedPicture> VideoEncoder::encode(const Picture& picture, bool force_key) {
  State& s = *state_;
  if (picture.width != s.settings.width || picture.height != s.settings.height)
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("picture of {}x{} for an encoder of {}x{}", picture.width, picture.height,
                                   s.settings.width, s.settings.height)};
  AvFramePtr wrapped = wrap_picture(picture);
  AVFrame* frame = wrapped.get();
  const bool jpeg = s.settings.codec == Codec::mjpeg;
  if (jpeg) {
    if (const int code = av_frame_make_writable(s.jpeg_frame.get()); code < 0)
      return av_error("allocate a picture", code);
    sws_scale(s.to_full_range.get(), frame->data, frame->linesize, 0, picture.height, s.jpeg_frame->data,
              s.jpeg_frame->linesize);
    frame = s.jpeg_frame.get();
    frame->quality = static_cast<int>(s.jpeg_quantiser * FF_QP2LAMBDA);
  }
  frame->pts = s.frames++;
  frame->pict_type = force_key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  if (const int code = avcodec_send_frame(s.context.get(), frame); code < 0)
    return av_error("encode a picture", code);
  if (const int code = avcodec_receive_packet(s.context.get(), s.packet.get()); code < 0)
    return av_error("encode a picture without delay", code);
  EncodedPicture encoded;
  encoded.key = (s.packet->flags & AV_PKT_FLAG_KEY) != 0;
  encoded.payload.assign(s.packet->data, s.packet->data + s.packet->size);
  av_packet_unref(s.packet.get());
  if (jpeg) {
    // The size of a JPEG is roughly inverse to the quantiser, and pictures resemble their predecessors.
    const double wanted = double(s.settings.bitrate_bps) / 8 / s.settings.rate.value();
    const double ratio = std::clamp(double(encoded.payload.size()) / wanted, 0.5, 2.0);
    s.jpeg_quantiser = std::clamp(s.jpeg_quantiser * ratio, finest_quantiser(s.settings), 31.0);
  }
  return encoded;
}

}  // namespace watchrig::media

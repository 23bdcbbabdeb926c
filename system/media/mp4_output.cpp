#include "system/media/mp4_output.hpp"

#include <algorithm>
#include <optional>

#include "system/media/av_decoder.hpp"
#include "system/media/decoder_configuration.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media {

std::int64_t media_ticks(base::Duration duration, std::int64_t rate) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  return seconds.count() * rate + (duration - seconds).count() * rate / 1'000'000'000;
}

std::optional<std::int64_t> RisingTicks::next(base::Duration since, std::int64_t rate) {
  if (last_ && since <= *last_) return std::nullopt;
  const std::int64_t tick = media_ticks(since, rate);
  tick_ = last_ ? std::max(tick, tick_ + 1) : tick;
  last_ = since;
  return tick_;
}

base::Result<void> complete_track(Track& track, base::ByteView key_payload) {
  if (track.codec == Codec::mjpeg) {
    if (track.width != 0 && track.height != 0) return {};
    auto decoder = VideoDecoder::open(track);
    if (!decoder) return decoder.error();
    const auto pictures = decoder->decode(key_payload);
    if (!pictures || pictures->empty())
      return base::Error{base::ErrorKind::invalid, "the first MJPEG picture cannot be decoded"};
    track.width = static_cast<std::uint16_t>(pictures->front().picture.width);
    track.height = static_cast<std::uint16_t>(pictures->front().picture.height);
    return {};
  }
  update_parameter_sets(track, key_payload);
  if (track.config.empty())
    return base::Error{base::ErrorKind::invalid,
                       "neither the track nor its first key picture has parameter sets"};
  const auto sps = find_sps(track.codec, track.config);
  if (!sps) return sps.error();
  track.width = sps->width;
  track.height = sps->height;
  return {};
}

struct Mp4Output::Io {
  Write write;
  std::uint64_t position = 0;
  std::uint64_t size = 0;
  std::optional<base::Error> error;
  AVIOContext* context = nullptr;

  static int write_bytes(void* opaque, std::uint8_t* bytes, int count) {
    auto& io = *static_cast<Io*>(opaque);
    if (io.error) return AVERROR(EIO);
    if (auto written = io.write(io.position, {bytes, std::size_t(count)}); !written) {
      io.error = written.error();
      return AVERROR(EIO);
    }
    io.position += std::uint64_t(count);
    io.size = std::max(io.size, io.position);
    return count;
  }

  static std::int64_t seek(void* opaque, std::int64_t offset, int whence) {
    auto& io = *static_cast<Io*>(opaque);
    if (whence == AVSEEK_SIZE) return std::int64_t(io.size);
    if (whence == SEEK_CUR) offset += std::int64_t(io.position);
    if (whence == SEEK_END) offset += std::int64_t(io.size);
    if (offset < 0) return AVERROR(EINVAL);
    io.position = std::uint64_t(offset);
    return offset;
  }
};

Mp4Output::Mp4Output(Write write) : io_(std::make_unique<Io>()) {
  quiet_libav();
  constexpr int buffer_size = 256 * 1024;
  io_->write = std::move(write);
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(buffer_size));
  io_->context = avio_alloc_context(buffer, buffer_size, 1, io_.get(), nullptr, Io::write_bytes, Io::seek);
  avformat_alloc_output_context2(&context_, nullptr, "mp4", nullptr);
  if (buffer == nullptr || io_->context == nullptr || context_ == nullptr) throw std::bad_alloc();
  context_->pb = io_->context;
  context_->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
  // Times before zero are what the edit list hides.
  context_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
}

Mp4Output::~Mp4Output() {
  avformat_free_context(context_);
  av_freep(&io_->context->buffer);
  avio_context_free(&io_->context);
}

base::Result<void> Mp4Output::checked(std::string_view action, int code) {
  if (io_->error) return *io_->error;
  if (code < 0) return av_error(action, code).within("MP4");
  return {};
}

base::Result<void> Mp4Output::add_track(const Track& track) {
  AVStream* stream = avformat_new_stream(context_, nullptr);
  if (stream == nullptr) throw std::bad_alloc();
  AVCodecParameters& parameters = *stream->codecpar;
  parameters.codec_id = av_codec_id(track.codec);
  if (is_video(track.codec)) {
    parameters.codec_type = AVMEDIA_TYPE_VIDEO;
    parameters.width = track.width;
    parameters.height = track.height;
    stream->time_base = {1, 90000};
    if (track.codec == Codec::mjpeg) return {};
    auto configuration = make_decoder_configuration(track);
    if (!configuration) return configuration.error();
    set_extradata(parameters, *configuration);
    if (track.codec == Codec::h265) parameters.codec_tag = MKTAG('h', 'v', 'c', '1');
    return {};
  }
  parameters.codec_type = AVMEDIA_TYPE_AUDIO;
  parameters.sample_rate = static_cast<int>(track.clock_rate);
  parameters.frame_size = 1024;
  av_channel_layout_default(&parameters.ch_layout, std::max<int>(1, track.channels));
  set_extradata(parameters, track.config);
  stream->time_base = {1, parameters.sample_rate};
  return {};
}

base::Result<void> Mp4Output::begin(const std::vector<std::pair<const char*, const char*>>& options) {
  AVDictionary* dictionary = nullptr;
  for (const auto& [name, value] : options) av_dict_set(&dictionary, name, value, 0);
  const int code = avformat_write_header(context_, &dictionary);
  av_dict_free(&dictionary);
  avio_flush(io_->context);
  return checked("write the header", code);
}

base::Result<void> Mp4Output::write(int track, base::ByteView payload, std::int64_t time,
                                    std::int64_t duration, bool key) {
  AVPacket& packet = *packet_;
  packet.data = const_cast<std::uint8_t*>(payload.data());
  packet.size = static_cast<int>(payload.size());
  packet.stream_index = track;
  packet.pts = packet.dts = time;
  packet.duration = duration;
  packet.flags = key ? AV_PKT_FLAG_KEY : 0;
  const int code = av_write_frame(context_, &packet);
  av_packet_unref(&packet);
  return checked("write a sample", code);
}

base::Result<void> Mp4Output::end() {
  const int code = av_write_trailer(context_);
  avio_flush(io_->context);
  return checked("complete the file", code);
}

}  // namespace watchrig::media

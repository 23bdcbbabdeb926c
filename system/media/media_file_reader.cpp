#include "system/media/media_file_reader.hpp"

#include <cstring>

#include <fmt/format.h>

#include "system/media/av_handles.hpp"
#include "system/media/decoder_configuration.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media {

struct MediaFileReader::State {
  std::string name;
  FilePayload form{};
  AvInputPtr input;
  Presentation presentation;
  std::vector<int> track_of_stream;        ///< -1: not in the presentation
  std::vector<int> length_size_of_stream;  ///< 0: start codes
  int video = -1;
  AvCodecContextPtr decoder;
  AvPacketPtr packet{av_packet_alloc()};
  AvFramePtr frame{av_frame_alloc()};
  PictureConverter converter;

  base::Result<void> open_stream(const AVStream& stream);
  base::Result<void> open_decoder();
  base::Result<base::Bytes> payload_of(std::size_t stream, bool key) const;
};

namespace {

/// Lengths of 1, 2 or 3 bytes become 4.
base::Bytes widen_lengths(base::ByteView sample, int length_size) {
  base::Bytes payload;
  while (sample.size() > std::size_t(length_size)) {
    std::size_t size = 0;
    for (int i = 0; i < length_size; ++i) size = size << 8 | sample[std::size_t(i)];
    sample = sample.subspan(std::size_t(length_size));
    size = std::min(size, sample.size());
    append_nal(payload, sample.first(size));
    sample = sample.subspan(size);
  }
  return payload;
}

base::Duration in_nanoseconds(std::int64_t ticks, AVRational time_base) {
  return base::Duration(
      ticks == AV_NOPTS_VALUE ? 0 : av_rescale_q(ticks, time_base, AVRational{1, 1'000'000'000}));
}

}  // namespace

base::Result<void> MediaFileReader::State::open_stream(const AVStream& stream) {
  track_of_stream.push_back(-1);
  length_size_of_stream.push_back(4);
  const AVCodecParameters& parameters = *stream.codecpar;
  if (parameters.codec_type == AVMEDIA_TYPE_VIDEO && video < 0) video = stream.index;
  const auto codec = codec_of(parameters.codec_id);
  if (!codec) return {};
  Track track;
  track.codec = *codec;
  const base::ByteView extradata(parameters.extradata, std::size_t(parameters.extradata_size));
  if (*codec == Codec::h264 || *codec == Codec::h265) {
    if (!extradata.empty() && extradata[0] == 1) {
      auto configuration = parse_decoder_configuration(*codec, extradata);
      if (!configuration) return std::move(configuration.error()).within(name);
      track.config = std::move(configuration->parameter_sets);
      length_size_of_stream.back() = configuration->length_size;
    } else {
      track.config = find_parameter_sets(*codec, annexb_to_length_prefixed(extradata));
      length_size_of_stream.back() = 0;
    }
  } else if (*codec == Codec::aac) {
    track.config.assign(extradata.begin(), extradata.end());
  }
  if (is_video(*codec)) {
    track.width = static_cast<std::uint16_t>(parameters.width);
    track.height = static_cast<std::uint16_t>(parameters.height);
  } else {
    track.clock_rate = static_cast<std::uint32_t>(parameters.sample_rate);
    track.channels = static_cast<std::uint8_t>(parameters.ch_layout.nb_channels);
  }
  track_of_stream.back() = static_cast<int>(presentation.size());
  presentation.push_back(std::move(track));
  return {};
}

base::Result<void> MediaFileReader::State::open_decoder() {
  if (decoder) return {};
  if (video < 0) return base::Error{base::ErrorKind::invalid, name + " has no video"};
  const AVStream& stream = *input->streams[video];
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr) return base::Error{base::ErrorKind::unsupported, name + ": no decoder for its video"};
  decoder.reset(avcodec_alloc_context3(codec));
  decoder->thread_count = 1;
  int code = avcodec_parameters_to_context(decoder.get(), stream.codecpar);
  if (code >= 0) code = avcodec_open2(decoder.get(), codec, nullptr);
  if (code < 0) return av_error("open the decoder", code).within(name);
  return {};
}

base::Result<base::Bytes> MediaFileReader::State::payload_of(std::size_t stream, bool key) const {
  const base::ByteView sample(packet->data, std::size_t(packet->size));
  const Track& track = presentation[std::size_t(track_of_stream[stream])];
  if (track.codec != Codec::h264 && track.codec != Codec::h265)
    return base::Bytes(sample.begin(), sample.end());
  const int length_size = length_size_of_stream[stream];
  base::Bytes payload = length_size == 0   ? annexb_to_length_prefixed(sample)
                        : length_size == 4 ? base::Bytes(sample.begin(), sample.end())
                                           : widen_lengths(sample, length_size);
  if (form == FilePayload::as_streamed && key && find_parameter_sets(track.codec, payload).empty())
    payload.insert(payload.begin(), track.config.begin(), track.config.end());
  return payload;
}

MediaFileReader::MediaFileReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
MediaFileReader::MediaFileReader(MediaFileReader&&) noexcept = default;
MediaFileReader& MediaFileReader::operator=(MediaFileReader&&) noexcept = default;
MediaFileReader::~MediaFileReader() = default;

const Presentation& MediaFileReader::presentation() const { return state_->presentation; }

FrameRate MediaFileReader::frame_rate() const {
  if (state_->video < 0) return {};
  const AVRational rate =
      av_guess_frame_rate(state_->input.get(), state_->input->streams[state_->video], nullptr);
  return rate.num > 0 && rate.den > 0 ? FrameRate{rate.num, rate.den} : FrameRate{};
}

int MediaFileReader::width() const {
  return state_->video < 0 ? 0 : state_->input->streams[state_->video]->codecpar->width;
}

int MediaFileReader::height() const {
  return state_->video < 0 ? 0 : state_->input->streams[state_->video]->codecpar->height;
}

bool MediaFileReader::has_reordered_pictures() const {
  return state_->video >= 0 && state_->input->streams[state_->video]->codecpar->video_delay > 0;
}

base::Result<MediaFileReader> MediaFileReader::open(const std::filesystem::path& path, FilePayload payload) {
  quiet_libav();
  auto state = std::make_unique<State>();
  state->name = fmt::format("file \"{}\"", path.string());
  state->form = payload;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  AVFormatContext* input = nullptr;
  int code = avformat_open_input(&input, ("file:" + path.string()).c_str(), nullptr, &options);
  av_dict_free(&options);
  if (code < 0) return av_error("open", code).within(state->name);
  state->input.reset(input);
  code = avformat_find_stream_info(input, nullptr);
  if (code < 0) return av_error("read its streams", code).within(state->name);
  for (unsigned i = 0; i < input->nb_streams; ++i)
    if (auto opened = state->open_stream(*input->streams[i]); !opened) return opened.error();
  return MediaFileReader(std::move(state));
}

base::Result<std::optional<FilePacket>> MediaFileReader::next_packet() {
  State& s = *state_;
  for (;;) {
    av_packet_unref(s.packet.get());
    const int code = av_read_frame(s.input.get(), s.packet.get());
    if (code == AVERROR_EOF) return std::optional<FilePacket>{};
    if (code < 0) return av_error("read", code).within(s.name);
    const auto stream = std::size_t(s.packet->stream_index);
    // Streams that appear later than the header are not in the presentation.
    if (stream >= s.track_of_stream.size() || s.track_of_stream[stream] < 0) continue;
    FilePacket packet;
    packet.track = static_cast<std::uint16_t>(s.track_of_stream[stream]);
    packet.key = (s.packet->flags & AV_PKT_FLAG_KEY) != 0;
    packet.hidden = (s.packet->flags & AV_PKT_FLAG_DISCARD) != 0;
    const AVRational time_base = s.input->streams[stream]->time_base;
    packet.dts = in_nanoseconds(s.packet->dts, time_base);
    packet.pts = s.packet->pts == AV_NOPTS_VALUE ? packet.dts : in_nanoseconds(s.packet->pts, time_base);
    auto payload = s.payload_of(stream, packet.key);
    if (!payload) return payload.error();
    packet.payload = std::move(*payload);
    return std::optional<FilePacket>(std::move(packet));
  }
}

base::Result<std::optional<Picture>> MediaFileReader::next_picture() {
  State& s = *state_;
  if (auto opened = s.open_decoder(); !opened) return opened.error();
  for (;;) {
    const int received = avcodec_receive_frame(s.decoder.get(), s.frame.get());
    if (received >= 0) {
      auto picture = s.converter.convert(*s.frame);
      av_frame_unref(s.frame.get());
      if (!picture) return std::move(picture.error()).within(s.name);
      return std::optional<Picture>(std::move(*picture));
    }
    if (received != AVERROR(EAGAIN)) return std::optional<Picture>{};
    av_packet_unref(s.packet.get());
    const int code = av_read_frame(s.input.get(), s.packet.get());
    if (code < 0 && code != AVERROR_EOF) return av_error("read", code).within(s.name);
    // A packet that the decoder refuses is left out; the end of the file brings the pictures still held back.
    if (code == AVERROR_EOF)
      avcodec_send_packet(s.decoder.get(), nullptr);
    else if (s.packet->stream_index == s.video)
      avcodec_send_packet(s.decoder.get(), s.packet.get());
  }
}

base::Result<void> MediaFileReader::rewind() {
  State& s = *state_;
  const int code = avformat_seek_file(s.input.get(), -1, INT64_MIN, 0, 0, AVSEEK_FLAG_BACKWARD);
  if (code < 0) {
    // Raw streams have no index, but can start over by bytes.
    if (const int again = av_seek_frame(s.input.get(), -1, 0, AVSEEK_FLAG_BYTE); again < 0)
      return av_error("rewind", again).within(s.name);
  }
  if (s.decoder) avcodec_flush_buffers(s.decoder.get());
  return {};
}

}  // namespace watchrig::media

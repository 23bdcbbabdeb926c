#include "system/media/av_handles.hpp"

#include <cstring>
#include <mutex>
#include <string>

extern "C" {
#include <libavutil/imgutils.h>
}

namespace watchrig::media {

base::Error av_error(std::string_view action, int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  const auto kind = code == AVERROR(ENOENT)             ? base::ErrorKind::not_found
                    : code == AVERROR_INVALIDDATA       ? base::ErrorKind::corrupt
                    : code == AVERROR(ENOSPC)           ? base::ErrorKind::full
                    : code == AVERROR_DEMUXER_NOT_FOUND ? base::ErrorKind::unsupported
                                                        : base::ErrorKind::io;
  return {kind, std::string(action) + ": " + text};
}

void quiet_libav() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

namespace {

constexpr struct {
  Codec codec;
  AVCodecID id;
} codecs[] = {
    {Codec::h264, AV_CODEC_ID_H264},      {Codec::h265, AV_CODEC_ID_HEVC},
    {Codec::mjpeg, AV_CODEC_ID_MJPEG},    {Codec::aac, AV_CODEC_ID_AAC},
    {Codec::pcmu, AV_CODEC_ID_PCM_MULAW}, {Codec::pcma, AV_CODEC_ID_PCM_ALAW},
};

std::uint8_t* padded_copy(base::ByteView bytes) {
  auto* copy = static_cast<std::uint8_t*>(av_mallocz(bytes.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (copy == nullptr) throw std::bad_alloc();
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  return copy;
}

void copy_plane(std::uint8_t* to, const std::uint8_t* from, int stride, int width, int height) {
  for (int row = 0; row < height; ++row)
    std::memcpy(to + std::ptrdiff_t(row) * width, from + std::ptrdiff_t(row) * stride, std::size_t(width));
}

}  // namespace

AVCodecID av_codec_id(Codec codec) {
  for (const auto& entry : codecs)
    if (entry.codec == codec) return entry.id;
  return AV_CODEC_ID_NONE;
}

std::optional<Codec> codec_of(AVCodecID id) {
  for (const auto& entry : codecs)
    if (entry.id == id) return entry.codec;
  return std::nullopt;
}

void set_extradata(AVCodecParameters& parameters, base::ByteView bytes) {
  av_freep(&parameters.extradata);
  parameters.extradata = padded_copy(bytes);
  parameters.extradata_size = static_cast<int>(bytes.size());
}

void set_extradata(AVCodecContext& context, base::ByteView bytes) {
  av_freep(&context.extradata);
  context.extradata = padded_copy(bytes);
  context.extradata_size = static_cast<int>(bytes.size());
}

AvFramePtr wrap_picture(const Picture& picture) {
  AvFramePtr frame(av_frame_alloc());
  auto* bytes = const_cast<std::uint8_t*>(picture.bytes.data());
  // Only a frame with a reference count is passed on without a copy; nobody writes to it.
  frame->buf[0] = av_buffer_create(
      bytes, picture.bytes.size(), [](void*, std::uint8_t*) {}, nullptr, AV_BUFFER_FLAG_READONLY);
  frame->format = AV_PIX_FMT_YUV420P;
  frame->color_range = AVCOL_RANGE_MPEG;
  frame->width = picture.width;
  frame->height = picture.height;
  frame->data[0] = bytes;
  frame->data[1] = bytes + picture.luma_size();
  frame->data[2] = frame->data[1] + picture.chroma_size();
  frame->linesize[0] = picture.width;
  frame->linesize[1] = frame->linesize[2] = picture.width / 2;
  return frame;
}

base::Result<Picture> PictureConverter::convert(const AVFrame& frame) {
  Picture picture(frame.width & ~1, frame.height & ~1);
  const bool full_range = frame.color_range == AVCOL_RANGE_JPEG || frame.format == AV_PIX_FMT_YUVJ420P;
  if (frame.format == AV_PIX_FMT_YUV420P && !full_range) {
    copy_plane(picture.luma(), frame.data[0], frame.linesize[0], picture.width, picture.height);
    copy_plane(picture.cb(), frame.data[1], frame.linesize[1], picture.width / 2, picture.height / 2);
    copy_plane(picture.cr(), frame.data[2], frame.linesize[2], picture.width / 2, picture.height / 2);
    return picture;
  }
  scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height,
                                     AVPixelFormat(frame.format), picture.width, picture.height,
                                     AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (!scaler_)
    return base::Error{base::ErrorKind::unsupported,
                       "pixel format " + std::to_string(frame.format) + " cannot be converted to 4:2:0"};
  const int* coefficients = sws_getCoefficients(SWS_CS_ITU601);
  sws_setColorspaceDetails(scaler_.get(), coefficients, full_range, coefficients, 0, 0, 1 << 16, 1 << 16);
  std::uint8_t* const planes[] = {picture.luma(), picture.cb(), picture.cr()};
  const int strides[] = {picture.width, picture.width / 2, picture.width / 2};
  const int rows = sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, planes, strides);
  if (rows < 0) return av_error("convert a picture", rows);
  return picture;
}

}  // namespace watchrig::media

#include "system/media/picture.hpp"

#include "system/media/av_handles.hpp"

namespace watchrig::media {
namespace {

base::Result<AvFramePtr> converted(const AVFrame& from, int width, int height, AVPixelFormat format) {
  AvFramePtr to(av_frame_alloc());
  to->width = width;
  to->height = height;
  to->format = format;
  if (const int code = av_frame_get_buffer(to.get(), 0); code < 0)
    return av_error("allocate a picture", code);
  const SwsPtr scaler(sws_getContext(from.width, from.height, AVPixelFormat(from.format), width, height,
                                     format, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (!scaler) return base::Error{base::ErrorKind::invalid, "a picture of this size cannot be scaled"};
  const int rows = sws_scale(scaler.get(), from.data, from.linesize, 0, from.height, to->data, to->linesize);
  if (rows < 0) return av_error("scale a picture", rows);
  return to;
}

}  // namespace

base::Result<Picture> scale(const Picture& picture, int width, int height) {
  if (picture.width == width && picture.height == height) return picture;
  if (picture.width < 2 || picture.height < 2 || width < 2 || height < 2 || width % 2 != 0 || height % 2 != 0)
    return base::Error{base::ErrorKind::invalid, "pictures have even sides of at least 2 pixels"};
  auto frame = converted(*wrap_picture(picture), width, height, AV_PIX_FMT_YUV420P);
  if (!frame) return frame.error();
  return PictureConverter().convert(**frame);
}

base::Result<base::Bytes> encode_still(const Picture& picture, StillFormat format) {
  quiet_libav();
  const bool jpeg = format == StillFormat::jpeg;
  const AVPixelFormat pixels = jpeg ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_RGB24;
  if (picture.width < 2 || picture.height < 2)
    return base::Error{base::ErrorKind::invalid, "an empty picture has no still"};
  auto frame = converted(*wrap_picture(picture), picture.width, picture.height, pixels);
  if (!frame) return frame.error();

  const AVCodec* codec = avcodec_find_encoder(jpeg ? AV_CODEC_ID_MJPEG : AV_CODEC_ID_PNG);
  const AvCodecContextPtr context(avcodec_alloc_context3(codec));
  context->width = picture.width;
  context->height = picture.height;
  context->pix_fmt = pixels;
  context->time_base = {1, 25};
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_QSCALE;
  context->global_quality = 3 * FF_QP2LAMBDA;
  (*frame)->quality = context->global_quality;
  int code = avcodec_open2(context.get(), codec, nullptr);
  if (code >= 0) code = avcodec_send_frame(context.get(), frame->get());
  const AvPacketPtr packet(av_packet_alloc());
  if (code >= 0) code = avcodec_receive_packet(context.get(), packet.get());
  if (code < 0) return av_error("encode a still", code);
  return base::Bytes(packet->data, packet->data + packet->size);
}

}  // namespace watchrig::media

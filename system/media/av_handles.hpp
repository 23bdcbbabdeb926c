#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <optional>
#include <string_view>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/picture.hpp"

/// Owners of libav objects, for the .cpp files of this folder only: no public header includes this one.
namespace watchrig::media {

template <auto free_function>
struct AvDeleter {
  template <class T>
  void operator()(T* object) const {
    free_function(&object);
  }
};
struct SwsDeleter {
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};

using AvCodecContextPtr = std::unique_ptr<AVCodecContext, AvDeleter<avcodec_free_context>>;
using AvFramePtr = std::unique_ptr<AVFrame, AvDeleter<av_frame_free>>;
using AvPacketPtr = std::unique_ptr<AVPacket, AvDeleter<av_packet_free>>;
using AvInputPtr = std::unique_ptr<AVFormatContext, AvDeleter<avformat_close_input>>;
using AvBsfPtr = std::unique_ptr<AVBSFContext, AvDeleter<av_bsf_free>>;
using SwsPtr = std::unique_ptr<SwsContext, SwsDeleter>;

/// `<action>: <text of libav's code>`.
base::Error av_error(std::string_view action, int code);

/// libav writes to standard error on its own; call before using it. Errors come back as return codes.
void quiet_libav();

AVCodecID av_codec_id(Codec codec);
/// Nothing for what has no Codec.
std::optional<Codec> codec_of(AVCodecID id);

/// Copies into the parameters' extradata with the padding that libav wants.
void set_extradata(AVCodecParameters& parameters, base::ByteView bytes);
void set_extradata(AVCodecContext& context, base::ByteView bytes);

/// A frame that refers to the picture's planes, without a copy; the picture outlives it.
AvFramePtr wrap_picture(const Picture& picture);

/// Turns decoded frames into pictures; keeps the scaler for the next frame of the same kind.
class PictureConverter {
 public:
  base::Result<Picture> convert(const AVFrame& frame);

 private:
  SwsPtr scaler_;
};

}  // namespace watchrig::media

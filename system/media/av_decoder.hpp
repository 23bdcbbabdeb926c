#pragma once

#include <memory>
#include <vector>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/picture.hpp"

namespace watchrig::media {

struct DecodedPicture {
  Picture picture;       ///< always 4:2:0 video range, whatever the stream has
  std::int64_t tag = 0;  ///< what decode() was given with the payload of this picture
};

/// Decodes H.264, H.265 and MJPEG payloads in the form that AccessUnit has. Damaged payloads are concealed or
/// give no picture; only what the decoder refuses altogether is an error, and decoding may go on after it.
/// One thread at a time; decoding is done on the calling thread.
class VideoDecoder {
 public:
  /// `track.config` may be empty when key pictures carry the parameter sets.
  static base::Result<VideoDecoder> open(const Track& track);
  VideoDecoder(VideoDecoder&&) noexcept;
  VideoDecoder& operator=(VideoDecoder&&) noexcept;
  ~VideoDecoder();

  /// The pictures that this payload completes: one for streams without B-frames, none before the first key
  /// picture.
  base::Result<std::vector<DecodedPicture>> decode(base::ByteView payload, std::int64_t tag = 0);
  /// The pictures still held back; the decoder starts anew afterwards, at a key picture.
  base::Result<std::vector<DecodedPicture>> flush();

 private:
  struct State;
  explicit VideoDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace watchrig::media

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/frame_rate.hpp"
#include "system/media/picture.hpp"

namespace watchrig::media {

struct VideoEncoderSettings {
  Codec codec = Codec::h264;  ///< h264, h265 or mjpeg
  int width = 0;              ///< even; mjpeg: a multiple of 8, at most 2040 (RFC 2435, 3.1.5)
  int height = 0;
  FrameRate rate;
  std::int64_t bitrate_bps = 2'000'000;
  int gop = 50;  ///< pictures from one key picture to the next
  /// 1 (worst) to 100: bits as the pictures need them, up to the bit rate. Nothing: the bit rate is constant.
  std::optional<int> quality = {};
};

/// A payload as AccessUnit has it: length-prefixed NAL units, or a JPEG file.
struct EncodedPicture {
  bool key = false;
  base::Bytes payload;
};

/// Encodes as a camera does: one picture in, one payload out, no B-frames, the bit rate kept by a
/// one-second buffer, and the parameter sets again in front of each key picture. One thread at a time;
/// encoding is done on the calling thread.
class VideoEncoder {
 public:
  static base::Result<VideoEncoder> open(const VideoEncoderSettings& settings);
  VideoEncoder(VideoEncoder&&) noexcept;
  VideoEncoder& operator=(VideoEncoder&&) noexcept;
  ~VideoEncoder();

  /// The picture has the size of the settings. `force_key` starts a GOP out of turn.
  base::Result<EncodedPicture> encode(const Picture& picture, bool force_key = false);
  /// Codec, size and parameter sets, known from the start.
  const Track& track() const;

 private:
  struct State;
  explicit VideoEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct AudioEncoderSettings {
  Codec codec = Codec::pcmu;  ///< pcmu, pcma or aac
  int sample_rate = 8000;     ///< G.711: 8000; AAC: one of ISO/IEC 14496-3, table 1.18
  int channels = 1;
  std::int64_t bitrate_bps = 32'000;  ///< AAC only
};

/// Encodes 16-bit samples, interleaved when there are two channels. One thread at a time.
class AudioEncoder {
 public:
  static base::Result<AudioEncoder> open(const AudioEncoderSettings& settings);
  AudioEncoder(AudioEncoder&&) noexcept;
  AudioEncoder& operator=(AudioEncoder&&) noexcept;
  ~AudioEncoder();

  /// Samples a channel of one encode() call: 1024 for AAC, 20 ms for G.711.
  int frame_samples() const;
  /// Samples a channel by which the decoded sound lags: the encoder's own delay, 0 for G.711.
  int delay_samples() const;
  /// Exactly frame_samples() samples a channel. AAC: one raw_data_block, empty for the first call or calls
  /// while the encoder fills up. G.711: the samples.
  base::Result<base::Bytes> encode(std::span<const std::int16_t> samples);
  const Track& track() const;

 private:
  struct State;
  explicit AudioEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace watchrig::media

#pragma once

#include <optional>
#include <vector>

#include "system/media/av_encoder.hpp"

namespace watchrig::media {

/// Turns G.711 packets into AAC frames, because no browser plays G.711 in MP4. Losses become silence, so that
/// sound stays with the pictures. One thread at a time.
class G711ToAac {
 public:
  /// `track` is PCMU or PCMA.
  static base::Result<G711ToAac> open(const Track& track);

  const Track& track() const { return encoder_.track(); }

  struct Frame {
    std::int64_t sample = 0;  ///< time in samples on the scale of push()
    base::Bytes payload;
  };
  /// Samples whose first one plays at `sample`, counted from any fixed instant. Gives the frames that are
  /// complete.
  base::Result<std::vector<Frame>> push(base::ByteView g711, std::int64_t sample);
  /// The frames still held back, the last one filled up with silence.
  base::Result<std::vector<Frame>> finish();

 private:
  base::Result<std::vector<Frame>> encode_pending();
  G711ToAac(Codec codec, AudioEncoder encoder) : codec_(codec), encoder_(std::move(encoder)) {}

  Codec codec_;
  AudioEncoder encoder_;
  std::vector<std::int16_t> pending_;
  std::optional<std::int64_t> next_sample_;  ///< where the pending samples end
  std::optional<std::int64_t> next_frame_;   ///< time of the next AAC frame
};

}  // namespace watchrig::media

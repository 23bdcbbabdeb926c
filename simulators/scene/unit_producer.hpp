#pragma once

#include <memory>

#include "simulators/scene/stream_source.hpp"
#include "system/media/av_encoder.hpp"
#include "system/media/picture.hpp"

namespace watchrig::scene {

/// Where pictures come from. One thread at a time.
class PictureSource {
 public:
  virtual ~PictureSource() = default;
  /// The picture of this frame, burnt-in stamp included; frames are asked for in order. Valid until the next
  /// call.
  virtual base::Result<const media::Picture*> picture(std::uint64_t frame, base::UtcTime captured) = 0;
  /// What is on the picture that was asked for last, found out anew; null where nobody knows.
  virtual SceneObjectsPtr objects() const { return nullptr; }
};

/// Where coded units come from that are not made of pictures. One thread at a time.
class UnitProducer {
 public:
  virtual ~UnitProducer() = default;
  virtual const media::Track& track() const = 0;
  /// The unit of this index; indices are asked for in order.
  virtual base::Result<media::EncodedPicture> produce(std::uint64_t index) = 0;
};

/// What a camera whose pictures are its own makes of the street. With `pointing`, what is seen from there,
/// which costs about four times as much; with `finish`, its stamp has no readable time.
struct OwnView {
  PointingAt pointing = {};
  PictureFinish finish = {};
};
/// `first`: time of frame 0 since the scene's start.
std::unique_ptr<PictureSource> open_street(const StreamProfile& profile, std::uint64_t seed,
                                           base::Duration first, OwnView view = {});
/// Plays the file in a loop, scaled to the profile; frames are repeated or left out when the rates differ.
base::Result<std::unique_ptr<PictureSource>> open_file_pictures(const std::filesystem::path& file,
                                                                const StreamProfile& profile,
                                                                PictureFinish finish = {});

/// The file's coded pictures in a loop. Completes the profile with codec, size and rate. Fails with
/// `unsupported` for other codecs than H.264, H.265 and MJPEG and for files with B-frames, which no camera
/// sends.
base::Result<std::unique_ptr<UnitProducer>> open_passthrough(const std::filesystem::path& file,
                                                             StreamProfile& profile);
/// A beep a second over a quiet hum; the pitch rises with the second of the minute.
base::Result<std::unique_ptr<UnitProducer>> open_tone(const StreamProfile& profile);

}  // namespace watchrig::scene

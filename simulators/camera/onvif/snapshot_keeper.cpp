#include "simulators/camera/onvif/snapshot_keeper.hpp"

#include "system/media/av_decoder.hpp"

namespace watchrig::camera {

using base::Error;
using base::ErrorKind;

SnapshotKeeper::SnapshotKeeper(std::shared_ptr<Broadcast> video)
    : video_(std::move(video)),
      tap_(video_, [this](const scene::EncodedUnitPtr& unit, const media::RtpTrainPtr&) {
        if (!unit->key) return;
        const std::lock_guard lock(mutex_);
        last_ = unit;
      }) {}

base::Result<base::Bytes> SnapshotKeeper::take() const {
  scene::EncodedUnitPtr unit;
  {
    const std::lock_guard lock(mutex_);
    unit = last_;
  }
  if (!unit) return Error{ErrorKind::unavailable, "the stream has had no key picture yet"};
  if (video_->track().codec == media::Codec::mjpeg) return unit->payload;
  auto decoder = media::VideoDecoder::open(video_->track());
  if (!decoder) return decoder.error();
  auto pictures = decoder->decode(unit->payload);
  if (!pictures) return pictures.error();
  if (pictures->empty()) pictures = decoder->flush();
  if (!pictures || pictures->empty())
    return Error{ErrorKind::corrupt, "the key picture could not be decoded"};
  return media::encode_still(pictures->front().picture, media::StillFormat::jpeg);
}

}  // namespace watchrig::camera

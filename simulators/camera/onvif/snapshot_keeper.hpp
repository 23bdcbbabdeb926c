#pragma once

#include <mutex>

#include "simulators/camera/broadcast.hpp"

namespace watchrig::camera {

/// Remembers the last key picture of a stream, to make a still of it when somebody asks. Any thread.
class SnapshotKeeper {
 public:
  explicit SnapshotKeeper(std::shared_ptr<Broadcast> video);

  /// A JPEG file of the stream's size. Decodes on the calling thread. Errors: unavailable (no key picture
  /// yet), those of the decoder.
  base::Result<base::Bytes> take() const;

 private:
  const std::shared_ptr<Broadcast> video_;
  mutable std::mutex mutex_;
  scene::EncodedUnitPtr last_;
  Broadcast::Tap tap_;  ///< the last member: its receiver uses the others
};

}  // namespace watchrig::camera

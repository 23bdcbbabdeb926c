#pragma once

#include <memory>
#include <string>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

/// Live fragmented MP4 for Media Source Extensions: one initialisation segment, then one fragment (moof and
/// mdat, ISO/ IEC 14496-12, 8.8) a unit, so the viewer's latency is one picture. Nothing blocks. Time 0 is
/// the first unit's `time`. G.711 becomes AAC, because no browser decodes it. One thread at a time.
class Fmp4Muxer {
 public:
  /// The first video track and the first audio track are taken. Fails with `unsupported` for MJPEG, and with
  /// `invalid` when a video track has neither parameter sets in `config` nor in `first_key` (the payload of a
  /// key picture).
  static base::Result<Fmp4Muxer> open(const Presentation& tracks, base::ByteView first_key = {});
  Fmp4Muxer(Fmp4Muxer&&) noexcept;
  Fmp4Muxer& operator=(Fmp4Muxer&&) noexcept;
  ~Fmp4Muxer();

  /// `video/mp4; codecs="avc1.64001F,mp4a.40.2"`, for MediaSource.isTypeSupported.
  const std::string& mime() const;
  const base::Bytes& init_segment() const;
  /// The bytes to append; empty for a unit of another track, before the first key picture, or out of order.
  base::Result<base::Bytes> fragment(const AccessUnit& unit);

 private:
  struct State;
  explicit Fmp4Muxer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace watchrig::media

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/json/fwd.hpp>

#include "system/base/clock.hpp"
#include "system/media/rtsp_backchannel.hpp"

namespace watchrig::camera {

/// What a camera plays of what is said to it over ONVIF's backchannel. One talks at a time; what the last one
/// said is remembered as counts, a digest and the pitch of its last second, never as a whole. Any thread;
/// outlived by nobody who talks, because they share it.
class Loudspeaker : public std::enable_shared_from_this<Loudspeaker> {
 public:
  /// The clock outlives it.
  explicit Loudspeaker(const base::Clock& clock) : clock_(clock) {}

  /// The codings that it understands, each as a track of its own: G.711, 8000 samples a second.
  static media::Presentation codings();
  /// Whoever asks talks until the hearing is destroyed. Error full names who talks already.
  base::Result<std::unique_ptr<media::RtspHearing>> hear(const std::string& client, const media::Track& track,
                                                         bool ordered);
  /// {"talks","turned_away","talking"} and of the last talk {"client","coding","transport","packets","lost",
  /// "strange","heard_ms","most_ahead_ms","sha256","tone_hz"}: `strange` packets are of another coding or of
  /// none, `heard_ms` is what the samples last, `most_ahead_ms` how far they have run ahead of the time in
  /// which they came, `sha256` is of all samples as they were coded, `tone_hz` of the last second or null in
  /// silence.
  boost::json::object status() const;

 private:
  class Hearing;
  struct Talk;

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<Talk> last_;  ///< under mutex_, with all of it
  std::uint64_t talks_ = 0;
  std::uint64_t turned_away_ = 0;
  bool talking_ = false;
};

/// The pitch of G.711 samples by how often they cross zero upwards, in Hz; nothing for silence or less than
/// 0.1 s. Exact for pure tones only.
std::optional<unsigned> tone_of(base::ByteView samples, media::Codec codec);

}  // namespace watchrig::camera

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulators/camera/analytics/video_analytics.hpp"
#include "simulators/camera/ledger.hpp"
#include "simulators/scene/stream_source.hpp"
#include "system/media/rtp_train.hpp"

namespace watchrig::camera {

/// The metadata of one stream: a document for every n-th of its pictures, cut into RTP packets (ONVIF
/// Streaming 5.2.1.1): as long as they fit, with the marker at the last. One thread at a time, that of the
/// stream's pictures.
class MetadataTrack {
 public:
  struct Place {
    std::shared_ptr<VideoAnalytics> analytics;
    std::string stream;
    bool judges = false;      ///< rules are judged by its pictures: by those of one stream of an input
    std::uint16_t track = 1;  ///< behind video and sound
    std::uint32_t ssrc = 0;
    UnitGrid pictures;          ///< of the video
    int width = 0, height = 0;  ///< of its pictures
  };
  struct Unit {
    media::RtpTrainPtr train;
    std::size_t bytes = 0;  ///< of the document
  };

  explicit MetadataTrack(Place place);

  static constexpr std::uint8_t payload_type = 107;
  static constexpr std::string_view encoding = "vnd.onvif.metadata";
  static constexpr std::uint32_t clock_rate = 90000;
  /// The m= section of the description.
  std::string sdp_section() const;

  std::uint16_t track() const { return place_.track; }
  const std::shared_ptr<VideoAnalytics>& analytics() const { return place_.analytics; }
  const std::shared_ptr<Ledger>& ledger() const { return ledger_; }
  /// Whether the stream's profile has it at present.
  bool offered() const { return place_.analytics->profile(place_.stream).metadata; }

  /// What there is to tell with this picture; nothing with one that is not analysed, or without anything to
  /// tell.
  std::optional<Unit> next(const scene::EncodedUnit& picture);

 private:
  std::string document_of(const scene::EncodedUnit& picture, const std::vector<scene::SceneObject>& objects);
  std::string objects_text(const std::vector<scene::SceneObject>& objects, base::UtcTime told);
  media::RtpTrainPtr train_of(const scene::EncodedUnit& unit);

  const Place place_;
  const std::uint64_t step_;  ///< pictures from one document to the next
  const std::shared_ptr<UnitBook> book_ = std::make_shared<UnitBook>();
  const std::shared_ptr<Ledger> ledger_;
  std::uint16_t sequence_;
  std::vector<std::uint32_t> seen_;  ///< on the last picture analysed, ascending
};

}  // namespace watchrig::camera

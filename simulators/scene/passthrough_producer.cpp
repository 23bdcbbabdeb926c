#include <fmt/format.h>

#include "simulators/scene/unit_producer.hpp"
#include "system/media/media_file_reader.hpp"

namespace watchrig::scene {
namespace {

class PassthroughProducer final : public UnitProducer {
 public:
  PassthroughProducer(media::MediaFileReader reader, std::uint16_t track)
      : reader_(std::move(reader)), index_(track), track_(reader_.presentation()[track]) {}

  const media::Track& track() const override { return track_; }

  base::Result<media::EncodedPicture> produce(std::uint64_t) override {
    // One rewind at most without a picture between: a file of sound alone would be searched for ever.
    for (int rewinds = 0; rewinds < 2;) {
      auto packet = reader_.next_packet();
      if (!packet) return packet.error();
      if (!*packet) {
        if (auto rewound = reader_.rewind(); !rewound) return rewound.error();
        ++rewinds;
      } else if ((*packet)->track == index_) {
        return media::EncodedPicture{(*packet)->key, std::move((*packet)->payload)};
      }
    }
    return base::Error{base::ErrorKind::corrupt, "the file has no coded picture"};
  }

 private:
  media::MediaFileReader reader_;
  std::uint16_t index_;
  media::Track track_;
};

}  // namespace

base::Result<std::unique_ptr<UnitProducer>> open_passthrough(const std::filesystem::path& file,
                                                             StreamProfile& profile) {
  auto reader = media::MediaFileReader::open(file, media::FilePayload::as_streamed);
  if (!reader) return reader.error();
  const media::Presentation& tracks = reader->presentation();
  std::uint16_t video = 0;
  while (video < tracks.size() && !media::is_video(tracks[video].codec)) ++video;
  if (video == tracks.size())
    return base::Error{
        base::ErrorKind::unsupported,
        fmt::format("file \"{}\" has no H.264, H.265 or MJPEG to pass through; give a codec to "
                    "re-encode it",
                    file.string())};
  if (reader->has_reordered_pictures())
    return base::Error{
        base::ErrorKind::unsupported,
        fmt::format("file \"{}\" has B-frames, which cameras do not send; give a codec to re-encode it",
                    file.string())};
  profile.codec = tracks[video].codec;
  profile.width = tracks[video].width;
  profile.height = tracks[video].height;
  profile.rate = reader->frame_rate();
  return std::unique_ptr<UnitProducer>(std::make_unique<PassthroughProducer>(std::move(*reader), video));
}

}  // namespace watchrig::scene

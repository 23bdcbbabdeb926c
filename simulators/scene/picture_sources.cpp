#include <fmt/format.h>

#include "simulators/scene/stamp_strip.hpp"
#include "simulators/scene/street_scene.hpp"
#include "simulators/scene/unit_producer.hpp"
#include "system/media/media_file_reader.hpp"

namespace watchrig::scene {
namespace {

void complete(media::Picture& picture, std::uint64_t frame, base::UtcTime captured,
              const PictureFinish& finish) {
  if (!finish) return burn_in(picture, frame, captured);
  finish(picture, captured);
  draw_stamp(picture, {static_cast<std::uint32_t>(frame), captured});
}

class StreetPictures final : public PictureSource {
 public:
  StreetPictures(const StreamProfile& profile, std::uint64_t seed, base::Duration first, PictureFinish finish)
      : scene_(profile.width, profile.height, profile.rate, seed, first), finish_(std::move(finish)) {}
  base::Result<const media::Picture*> picture(std::uint64_t frame, base::UtcTime captured) override {
    frame_ = frame;
    if (!finish_) return &scene_.draw(frame, captured);
    own_ = scene_.draw_bare(frame);
    complete(own_, frame, captured, finish_);
    return &own_;
  }
  SceneObjectsPtr objects() const override {
    return std::make_shared<const std::vector<SceneObject>>(scene_.objects(frame_));
  }

 private:
  StreetScene scene_;
  PictureFinish finish_;
  media::Picture own_;
  std::uint64_t frame_ = 0;
};

/// The street around a camera that can be turned.
class TurnedPictures final : public PictureSource {
 public:
  TurnedPictures(const StreamProfile& profile, std::uint64_t seed, base::Duration first, OwnView own)
      : scene_(profile.width * canvas_scale, profile.height * canvas_scale, profile.rate, seed, first),
        own_(std::move(own)),
        view_(profile.width, profile.height) {}
  base::Result<const media::Picture*> picture(std::uint64_t frame, base::UtcTime captured) override {
    frame_ = frame;
    pointing_ = own_.pointing(captured);
    look(scene_.draw_bare(frame), pointing_, view_);
    complete(view_, frame, captured, own_.finish);
    return &view_;
  }
  SceneObjectsPtr objects() const override {
    return std::make_shared<const std::vector<SceneObject>>(
        seen_from(scene_.objects(frame_), pointing_, view_.width, view_.height));
  }

 private:
  StreetScene scene_;
  OwnView own_;
  media::Picture view_;
  std::uint64_t frame_ = 0;
  Pointing pointing_;
};

class FilePictures final : public PictureSource {
 public:
  FilePictures(media::MediaFileReader reader, const StreamProfile& profile, PictureFinish finish)
      : reader_(std::move(reader)), profile_(profile), finish_(std::move(finish)) {}

  base::Result<const media::Picture*> picture(std::uint64_t frame, base::UtcTime captured) override {
    // The file's picture that is due at this frame's time.
    const media::FrameRate file_rate = reader_.frame_rate();
    const auto wanted = frame * std::uint64_t(profile_.rate.denominator) *
                        std::uint64_t(file_rate.numerator) /
                        (std::uint64_t(profile_.rate.numerator) * std::uint64_t(file_rate.denominator));
    while (read_ <= wanted) {
      auto next = read_next();
      if (!next) return next.error();
      ++read_;
      if (read_ <= wanted) continue;
      auto scaled = media::scale(*next, profile_.width, profile_.height);
      if (!scaled) return scaled.error();
      clean_ = std::move(*scaled);
    }
    shown_ = clean_;
    complete(shown_, frame, captured, finish_);
    return &shown_;
  }

 private:
  base::Result<media::Picture> read_next() {
    for (int attempt = 0; attempt < 2; ++attempt) {
      auto picture = reader_.next_picture();
      if (!picture) return picture.error();
      if (*picture) return std::move(**picture);
      if (auto rewound = reader_.rewind(); !rewound) return rewound.error();
    }
    return base::Error{base::ErrorKind::corrupt, "the file has no picture that can be decoded"};
  }

  media::MediaFileReader reader_;
  StreamProfile profile_;
  PictureFinish finish_;
  std::uint64_t read_ = 0;  ///< pictures taken from the file, all rounds
  media::Picture clean_;
  media::Picture shown_;
};

}  // namespace

std::unique_ptr<PictureSource> open_street(const StreamProfile& profile, std::uint64_t seed,
                                           base::Duration first, OwnView view) {
  if (view.pointing) return std::make_unique<TurnedPictures>(profile, seed, first, std::move(view));
  return std::make_unique<StreetPictures>(profile, seed, first, std::move(view.finish));
}

base::Result<std::unique_ptr<PictureSource>> open_file_pictures(const std::filesystem::path& file,
                                                                const StreamProfile& profile,
                                                                PictureFinish finish) {
  auto reader = media::MediaFileReader::open(file);
  if (!reader) return reader.error();
  if (reader->width() == 0)
    return base::Error{base::ErrorKind::invalid, fmt::format("file \"{}\" has no video", file.string())};
  return std::unique_ptr<PictureSource>(
      std::make_unique<FilePictures>(std::move(*reader), profile, std::move(finish)));
}

}  // namespace watchrig::scene

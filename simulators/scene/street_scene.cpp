#include "simulators/scene/street_scene.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "simulators/scene/stamp_strip.hpp"
#include "simulators/scene/street_background.hpp"
#include "simulators/scene/street_sprites.hpp"

namespace watchrig::scene {

struct StreetScene::State {
  State(int width, int height, media::FrameRate r, std::uint64_t s, base::Duration f)
      : rate(r), seed(s), first(f), background(paint_street(width, height, s)), sprites(width, height) {}

  cv::Point place(const RoadUser& user) const {
    const double x = user.x * background.width / plan_width;
    const double y = (user.ground - user.height) * background.height / plan_height;
    return {static_cast<int>(std::lround(x)) & ~1, static_cast<int>(std::lround(y)) & ~1};
  }

  media::FrameRate rate;
  std::uint64_t seed;
  base::Duration first;
  media::Picture background;
  media::Picture picture;
  mutable StreetSprites sprites;
};

StreetScene::StreetScene(int width, int height, media::FrameRate rate, std::uint64_t seed,
                         base::Duration first)
    : state_(std::make_unique<State>(width, height, rate, seed, first)) {}
StreetScene::~StreetScene() = default;

const media::Picture& StreetScene::draw(std::uint64_t frame, base::UtcTime captured) {
  draw_bare(frame);
  burn_in(state_->picture, frame, captured);
  return state_->picture;
}

const media::Picture& StreetScene::draw_bare(std::uint64_t frame) {
  State& s = *state_;
  s.picture = s.background;
  for (const RoadUser& user : road_users(s.seed, s.first + s.rate.time_of(frame))) {
    const cv::Point at = s.place(user);
    s.sprites.sprite(user).blend(s.picture, at.x, at.y);
  }
  return s.picture;
}

std::vector<SceneObject> StreetScene::objects(std::uint64_t frame) const {
  const State& s = *state_;
  std::vector<SceneObject> objects;
  for (const RoadUser& user : road_users(s.seed, s.first + s.rate.time_of(frame))) {
    const cv::Point at = s.place(user);
    const Sprite& sprite = s.sprites.sprite(user);
    const cv::Rect seen = cv::Rect(at.x, at.y, sprite.width(), sprite.height()) &
                          cv::Rect(0, 0, s.background.width, s.background.height);
    if (seen.empty()) continue;
    objects.push_back({user.id, user.object_class, Box{seen.x, seen.y, seen.width, seen.height},
                       body_colours()[user.colour].name, user.plate});
  }
  return objects;
}

void burn_in(media::Picture& picture, std::uint64_t frame, base::UtcTime captured) {
  draw_stamp(picture, {static_cast<std::uint32_t>(frame), captured});
  const int top = stamp_strip_height(picture.width, picture.height);
  const int letters = std::max(7, picture.height / 36);
  if (top == 0 || picture.width < 120) return;
  std::string text = fmt::format("{:07}  {}", frame, base::format_utc(captured));
  const double scale = letters / 21.0;
  const int thickness = std::max(1, letters / 9);
  int baseline = 0;
  // Narrow pictures show the number alone.
  if (cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, thickness, &baseline).width >
      picture.width * 3 / 4)
    text.resize(7);
  cv::Mat luma(picture.height, picture.width, CV_8UC1, picture.luma());
  const cv::Point at(letters / 2, top + letters * 3 / 2);
  cv::putText(luma, text, at, cv::FONT_HERSHEY_SIMPLEX, scale, cv::Scalar(24), thickness + 2);
  cv::putText(luma, text, at, cv::FONT_HERSHEY_SIMPLEX, scale, cv::Scalar(232), thickness);
}

}  // namespace watchrig::scene

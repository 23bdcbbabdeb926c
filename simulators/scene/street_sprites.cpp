#include "simulators/scene/street_sprites.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "simulators/scene/plan_painter.hpp"

namespace watchrig::scene {
namespace {

constexpr std::size_t kept_sprites = 160;
constexpr int phases = 8;

/// Steps of 58 units for a grown-up: how far the legs are through their cycle.
int phase_of(const RoadUser& user) {
  if (user.object_class == ObjectClass::car || user.object_class == ObjectClass::bus) return 0;
  const double cycle = user.object_class == ObjectClass::person ? user.width * 1.5 : user.width * 1.6;
  return static_cast<int>(user.walked / cycle * phases) % phases;
}

cv::Scalar body(const RoadUser& user, double factor = 1) {
  const BodyColour& colour = body_colours()[user.colour];
  return {std::min(255.0, colour.blue * factor), std::min(255.0, colour.green * factor),
          std::min(255.0, colour.red * factor), 255};
}

void wheel(PlanPainter& p, double x, double y, double radius) {
  p.ellipse(x, y, radius, radius, rgb(0x1c1d1f));
  p.ellipse(x, y, radius * 0.6, radius * 0.6, rgb(0xa4a8ab));
  p.ellipse(x, y, radius * 0.22, radius * 0.22, rgb(0x55585b));
}

void paint_car(PlanPainter& p, const RoadUser& user) {
  p.ellipse(130, 91, 126, 5, rgb(0x2a2b2d));
  p.polygon({{58, 38}, {86, 6}, {168, 4}, {214, 40}}, body(user, 0.92));
  p.polygon({{68, 37}, {90, 11}, {126, 10}, {126, 38}}, rgb(0x2f3d49));
  p.polygon({{132, 10}, {165, 10}, {199, 39}, {132, 38}}, rgb(0x3a4a57));
  p.polygon({{140, 12}, {152, 12}, {140, 36}, {134, 36}}, rgb(0x6f8391));
  p.polygon({{4, 46}, {14, 36}, {214, 38}, {254, 50}, {258, 78}, {2, 80}}, body(user));
  p.box(4, 70, 254, 12, body(user, 0.72));
  p.line({16, 48}, {250, 52}, 2, body(user, 1.25));
  p.line({129, 38}, {129, 76}, 1.5, body(user, 0.6));
  p.box(100, 48, 16, 3, body(user, 0.55));
  p.box(182, 48, 16, 3, body(user, 0.55));
  p.polygon({{246, 50}, {257, 54}, {257, 63}, {242, 58}}, rgb(0xf7efc4));
  p.box(2, 48, 9, 13, rgb(0xb3202a));
  for (const double x : {56.0, 204.0}) {
    p.ellipse(x, 76, 25, 24, body(user, 0.4));
    wheel(p, x, 76, 20);
  }
}

void paint_bus(PlanPainter& p, const RoadUser& user) {
  p.ellipse(280, 190, 274, 6, rgb(0x2a2b2d));
  p.box(6, 10, 548, 166, body(user));
  p.box(2, 24, 556, 146, body(user));
  p.box(10, 6, 540, 14, body(user, 0.85));
  p.box(6, 128, 548, 10, rgb(0xf0f0ec));
  p.box(4, 160, 552, 16, body(user, 0.6));
  for (int window = 0; window < 7; ++window) {
    const double x = 20 + window * 66;
    p.gradient(x, 36, 58, 66, rgb(0x33424e), rgb(0x54697a));
    p.ellipse(x + 24 + window * 5 % 13, 88, 8, 10, rgb(0x27313a));
  }
  p.gradient(486, 36, 70, 76, rgb(0x4a5f6f), rgb(0x86a0b0));
  p.box(420, 36, 56, 134, rgb(0x2b353d));
  p.gradient(424, 40, 22, 122, rgb(0x5b7180), rgb(0x7f97a5));
  p.gradient(450, 40, 22, 122, rgb(0x5b7180), rgb(0x7f97a5));
  p.box(546, 136, 12, 16, rgb(0xf7efc4));
  p.box(2, 136, 8, 18, rgb(0xb3202a));
  for (const double x : {112.0, 392.0}) {
    p.ellipse(x, 166, 34, 32, body(user, 0.35));
    wheel(p, x, 166, 27);
  }
}

constexpr unsigned skins[] = {0xe8bd9b, 0xd2a07a, 0xa8744f, 0x6f4a35};
constexpr unsigned hairs[] = {0x2b211c, 0x5a3d28, 0x8c6a3f, 0x8d8d8d};
constexpr unsigned trousers[] = {0x2e3a50, 0x3b3b3d, 0x6a5a48, 0x4d5a4a};

void paint_person(PlanPainter& p, const RoadUser& user, int phase) {
  const double swing = std::sin(phase * 2 * CV_PI / phases);
  const cv::Scalar skin = rgb(skins[user.look & 3]);
  const cv::Scalar legs = rgb(trousers[user.look >> 2 & 3]);
  p.ellipse(26, 125, 24, 3, rgb(0x77736b));
  for (const double side : {-1.0, 1.0}) {
    const double foot = 26 + side * swing * 17;
    const double lift = side * std::cos(phase * 2 * CV_PI / phases) > 0.5 ? 4 : 0;
    p.line({26, 72}, {(26 + foot) / 2 + 3, 97}, 11, side < 0 ? legs * 0.8 : legs);
    p.line({(26 + foot) / 2 + 3, 97}, {foot, 120 - lift}, 9, side < 0 ? legs * 0.8 : legs);
    p.box(foot - 5, 119 - lift, 15, 6, rgb(0x26221f));
  }
  p.line({26, 36}, {26 - swing * 14, 66}, 8, body(user, 0.7));
  p.polygon({{15, 30}, {37, 30}, {38, 76}, {14, 76}}, body(user));
  p.ellipse(26, 31, 11, 5, body(user));
  p.line({26, 36}, {26 + swing * 14, 64}, 8, body(user, 0.85));
  p.ellipse(26 + swing * 14, 67, 4, 4, skin);
  p.box(23, 22, 7, 8, skin);
  p.ellipse(27, 14, 9, 11, skin);
  p.ellipse(25, 8, 10, 7, rgb(hairs[user.look >> 4 & 3]));
  p.ellipse(19, 14, 4, 8, rgb(hairs[user.look >> 4 & 3]));
}

void paint_bicycle(PlanPainter& p, const RoadUser& user, int phase) {
  const double angle = phase * 2 * CV_PI / phases;
  p.ellipse(58, 125, 52, 3, rgb(0x4a2f2a));
  for (const double x : {27.0, 89.0}) {
    p.ellipse(x, 99, 26, 26, rgb(0x1e1f21));
    p.ellipse(x, 99, 22, 22, rgb(0x8f5a50));
    for (int spoke = 0; spoke < 3; ++spoke) {
      const double turn = angle + spoke * CV_PI / 3;
      p.line({x - 22 * std::cos(turn), 99 - 22 * std::sin(turn)},
             {x + 22 * std::cos(turn), 99 + 22 * std::sin(turn)}, 1, rgb(0xc9c9c9));
    }
  }
  const cv::Scalar frame = rgb(0xd8dadd);
  p.line({27, 99}, {46, 70}, 3, frame);
  p.line({27, 99}, {56, 99}, 3, frame);
  p.line({56, 99}, {44, 64}, 3, frame);
  p.line({46, 70}, {80, 68}, 3, frame);
  p.line({56, 99}, {80, 68}, 3, frame);
  p.line({89, 99}, {78, 58}, 3, frame);
  p.line({78, 58}, {86, 55}, 4, rgb(0x222222));
  p.box(34, 60, 20, 5, rgb(0x2a2320));
  for (const double side : {0.0, CV_PI}) {
    const double x = 56 + 9 * std::cos(angle + side);
    const double y = 99 + 9 * std::sin(angle + side);
    p.line({44, 60}, {66, 76}, 10, rgb(trousers[user.look & 3]));
    p.line({66, 76}, {x, y}, 8, rgb(trousers[user.look & 3]));
    p.box(x - 5, y, 14, 5, rgb(0x26221f));
  }
  p.polygon({{36, 60}, {52, 60}, {70, 32}, {56, 24}}, body(user));
  p.line({62, 32}, {82, 56}, 7, body(user, 0.8));
  p.ellipse(70, 16, 9, 11, rgb(skins[user.look >> 2 & 3]));
  p.ellipse(69, 9, 12, 8, rgb(0x2f6fb0));
}

void paint_plate(PlanPainter& p, const RoadUser& user) {
  const double x = user.to_left ? 88 : 92;
  p.box(x - 2, 54, 84, 20, rgb(0x202224));
  p.box(x, 56, 80, 16, rgb(0xf4f2e8));
  p.text(user.plate.c_str(), {x + 4, 70}, 11.5, rgb(0x101215));
}

Sprite paint(const RoadUser& user, int phase, cv::Size size) {
  struct Units {
    double width, height;
  };
  const Units units = user.object_class == ObjectClass::car       ? Units{260, 96}
                      : user.object_class == ObjectClass::bus     ? Units{560, 196}
                      : user.object_class == ObjectClass::bicycle ? Units{116, 128}
                                                                  : Units{52, 128};
  constexpr int fineness = 3;
  cv::Mat fine(size.height * fineness, size.width * fineness, CV_8UC4, cv::Scalar(40, 40, 40, 0));
  PlanPainter painter(fine, units.width, units.height);
  switch (user.object_class) {
    case ObjectClass::person:
      paint_person(painter, user, phase);
      break;
    case ObjectClass::car:
      paint_car(painter, user);
      break;
    case ObjectClass::bus:
      paint_bus(painter, user);
      break;
    case ObjectClass::bicycle:
      paint_bicycle(painter, user, phase);
      break;
  }
  if (user.to_left) cv::flip(fine, fine, 1);
  if (!user.plate.empty()) paint_plate(painter, user);
  cv::Mat image;
  cv::resize(fine, image, size, 0, 0, cv::INTER_AREA);
  return Sprite(image);
}

int even(double pixels) { return std::max(2, static_cast<int>(std::lround(pixels / 2)) * 2); }

}  // namespace

StreetSprites::StreetSprites(int picture_width, int picture_height)
    : scale_x_(picture_width / plan_width), scale_y_(picture_height / plan_height) {}

const Sprite& StreetSprites::sprite(const RoadUser& user) {
  const int phase = phase_of(user);
  const cv::Size size(even(user.width * scale_x_), even(user.height * scale_y_));
  const std::string name =
      fmt::format("{} {} {} {} {} {}x{} {}", int(user.object_class), user.colour, user.look & 63, phase,
                  user.to_left, size.width, size.height, user.plate);
  auto found = sprites_.find(name);
  if (found == sprites_.end()) {
    if (sprites_.size() >= kept_sprites) forget_oldest();
    found = sprites_.emplace(name, Kept{paint(user, phase, size), 0}).first;
  }
  found->second.used = ++uses_;
  return found->second.sprite;
}

void StreetSprites::forget_oldest() {
  sprites_.erase(std::min_element(sprites_.begin(), sprites_.end(), [](const auto& a, const auto& b) {
    return a.second.used < b.second.used;
  }));
}

}  // namespace watchrig::scene

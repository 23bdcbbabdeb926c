#include "simulators/scene/street_background.hpp"

#include <opencv2/imgproc.hpp>

#include "simulators/scene/plan_painter.hpp"
#include "simulators/scene/sprite.hpp"
#include "simulators/scene/street_traffic.hpp"

namespace watchrig::scene {
namespace {

cv::Scalar shade(const cv::Scalar& colour, double factor) {
  return {colour[0] * factor, colour[1] * factor, colour[2] * factor, 255};
}

void paint_sky(PlanPainter& p, cv::RNG& random) {
  p.gradient(0, 0, plan_width, 420, rgb(0x7fb0de), rgb(0xe3edf3));
  for (int cloud = 0; cloud < 5; ++cloud) {
    const double x = random.uniform(0.0, plan_width);
    const double y = random.uniform(95.0, 170.0);
    for (int puff = 0; puff < 6; ++puff)
      p.ellipse(x + puff * 26 - 60, y + random.uniform(-6.0, 6.0), random.uniform(24.0, 44.0),
                random.uniform(9.0, 15.0), rgb(0xf4f7f9));
  }
  for (double x = -20; x < plan_width; x += random.uniform(50.0, 90.0))
    p.ellipse(x, 420, random.uniform(60.0, 100.0), random.uniform(40.0, 100.0), rgb(0x8fae9b));
}

void paint_window(PlanPainter& p, double x, double y, double width, double height, bool lit) {
  p.box(x - 3, y - 3, width + 6, height + 6, rgb(0xece7dd));
  p.gradient(x, y, width, height, lit ? rgb(0xf2d995) : rgb(0x5c7488), lit ? rgb(0xe9c570) : rgb(0x93aabb));
  p.box(x + width / 2 - 1, y, 2, height, rgb(0xece7dd));
  p.box(x, y + height * 0.36, width, 2, rgb(0xece7dd));
  p.box(x - 5, y + height + 3, width + 10, 4, rgb(0xb9b2a6));
}

void paint_shop(PlanPainter& p, double x, double width, const cv::Scalar& awning, cv::RNG& random) {
  p.box(x + 12, 408, width - 24, 72, rgb(0x39424a));
  p.gradient(x + 18, 414, width * 0.6, 58, rgb(0x6f8896), rgb(0xc4b894));
  for (double goods = x + 26; goods < x + width * 0.6; goods += 17)
    p.box(goods, 450 - random.uniform(0, 14), 11, 22, rgb(random.uniform(0, 2) != 0 ? 0xb36a4a : 0x4f7f7a));
  const double door = x + 24 + width * 0.6;
  p.box(door, 412, std::min(44.0, width * 0.24), 68, rgb(0x70482f));
  p.gradient(door + 6, 418, std::min(32.0, width * 0.24 - 12), 36, rgb(0x90a5b0), rgb(0xb8c6cc));
  constexpr int stripes = 10;
  const double step = (width - 12) / stripes;
  for (int i = 0; i < stripes; ++i) {
    const double left = x + 6 + i * step;
    p.polygon({{left + 3, 384}, {left + step + 3, 384}, {left + step, 412}, {left, 412}},
              i % 2 == 0 ? awning : rgb(0xf1ede2));
  }
}

void paint_house(PlanPainter& p, double x, double width, cv::RNG& random) {
  static const unsigned walls[] = {0xc9a584, 0xb4644f, 0xd8c8a4, 0x9fa7a8,
                                   0xcbb6a0, 0xa8705a, 0xe0d6c2, 0x8f9f93};
  static const unsigned awnings[] = {0xb23a3a, 0x2f6b57, 0x2f5d92, 0xc98a2c};
  const double top = random.uniform(118.0, 226.0);
  const cv::Scalar wall = rgb(walls[random.uniform(0, 8)]);
  if (random.uniform(0, 2) != 0) {
    p.polygon({{x - 6, top}, {x + width + 6, top}, {x + width - 26, top - 42}, {x + 26, top - 42}},
              rgb(0x6d4a42));
    p.box(x + width * 0.7, top - 62, 22, 46, rgb(0x7c5a4c));
  }
  p.gradient(x, top, width, 480 - top, shade(wall, 1.04), shade(wall, 0.88));
  p.box(x + width - 3, top, 3, 480 - top, shade(wall, 0.7));
  p.box(x - 5, top - 6, width + 10, 12, shade(wall, 1.14));
  p.box(x, 372, width, 8, shade(wall, 0.75));
  const int columns = std::max(2, static_cast<int>(width / 62));
  const double step = width / columns;
  for (double y = top + 24; y + 50 < 368; y += 76)
    for (int column = 0; column < columns; ++column)
      paint_window(p, x + column * step + step / 2 - 17, y, 34, 48, random.uniform(0, 9) == 0);
  paint_shop(p, x, width, rgb(awnings[random.uniform(0, 4)]), random);
}

void paint_ground(PlanPainter& p) {
  p.gradient(0, 480, plan_width, 66, rgb(0xa9a69e), rgb(0xbcb8af));
  for (double x = -40; x < plan_width; x += 46) p.line({x + 18, 480}, {x, 546}, 1, rgb(0x98948b));
  p.line({0, 508}, {plan_width, 508}, 1, rgb(0x98948b));
  p.box(0, 546, plan_width, 8, rgb(0xd3cfc6));
  p.gradient(0, 554, plan_width, 186, rgb(0x55585c), rgb(0x484b4f));
  p.box(0, 554, plan_width, 3, rgb(0x35373a));
  for (double x = 10; x < plan_width; x += 120)
    p.polygon({{x, 640}, {x + 62, 640}, {x + 60, 646}, {x - 2, 646}}, rgb(0xdcdcd6));
  for (double y = 566; y < 730; y += 28)
    p.polygon({{1204, y}, {1296, y}, {1302, y + 15}, {1206, y + 15}}, rgb(0xd9d9d2));
  p.box(0, 738, plan_width, 5, rgb(0xe4e2da));
  p.gradient(0, 743, plan_width, 36, rgb(0x8d5146), rgb(0x86493f));
  p.box(0, 779, plan_width, 12, rgb(0xcfcac0));
  p.box(0, 791, plan_width, 3, rgb(0x8f8b83));
  p.gradient(0, 794, plan_width, 106, rgb(0xb7b2a8), rgb(0xc9c4b8));
  for (double x = -120; x < plan_width + 120; x += 66)
    p.line({x, 794}, {x + (x - plan_width / 2) * 0.10, 900}, 1.5, rgb(0xa19c92));
  for (const double y : {822.0, 858.0}) p.line({0, y}, {plan_width, y}, 1.5, rgb(0xa19c92));
}

void paint_tree(PlanPainter& p, double x, cv::RNG& random) {
  p.ellipse(x + 8, 500, 40, 6, rgb(0x8d8a83));
  p.polygon({{x - 6, 500}, {x + 6, 500}, {x + 4, 380}, {x - 4, 380}}, rgb(0x5d4636));
  static const unsigned leaves[] = {0x3d6b3c, 0x4a7c43, 0x5b8f4c, 0x6d9f57};
  for (int leaf = 0; leaf < 60; ++leaf) {
    const double part = leaf / 60.0;
    p.ellipse(x + random.gaussian(24) + part * 6, 350 + random.gaussian(26) - part * 12,
              random.uniform(9.0, 19.0), random.uniform(8.0, 15.0), rgb(leaves[static_cast<int>(part * 4)]));
  }
}

void paint_lamp(PlanPainter& p, double x) {
  p.box(x - 3, 300, 6, 206, rgb(0x30383c));
  p.box(x - 6, 494, 12, 12, rgb(0x262c30));
  p.line({x, 302}, {x + 36, 292}, 5, rgb(0x30383c));
  p.ellipse(x + 42, 294, 16, 6, rgb(0x252b2f));
  p.ellipse(x + 42, 298, 12, 4, rgb(0xf5e7b4));
}

void paint_bus_stop(PlanPainter& p, double x) {
  p.box(x, 404, 150, 6, rgb(0x2c4552));
  p.box(x + 4, 410, 5, 98, rgb(0x3c5663));
  p.box(x + 141, 410, 5, 98, rgb(0x3c5663));
  p.gradient(x + 9, 412, 132, 78, rgb(0xaac2cb), rgb(0x94adb7));
  p.box(x + 24, 470, 100, 7, rgb(0x7a5537));
  p.box(x + 30, 477, 5, 26, rgb(0x4a4d50));
  p.box(x + 112, 477, 5, 26, rgb(0x4a4d50));
  p.box(x + 168, 380, 5, 128, rgb(0x555b60));
  p.ellipse(x + 170, 372, 19, 19, rgb(0x2e8b57));
  p.text("H", {x + 162, 380}, 16, rgb(0xf6e04e));
}

}  // namespace

media::Picture paint_street(int width, int height, std::uint64_t seed) {
  cv::RNG random(seed * 2 + 1);
  const int factor = width <= 1920 ? 2 : 1;
  cv::Mat image(height * factor, width * factor, CV_8UC3);
  PlanPainter painter(image, plan_width, plan_height);
  paint_sky(painter, random);
  for (double x = -30; x < plan_width;) {
    const double house = random.uniform(170.0, 290.0);
    paint_house(painter, x, house, random);
    x += house;
  }
  paint_ground(painter);
  paint_bus_stop(painter, 330);
  for (const double x : {120.0, 640.0, 960.0, 1440.0})
    paint_tree(painter, x + random.uniform(-30.0, 30.0), random);
  for (const double x : {240.0, 780.0, 1180.0}) paint_lamp(painter, x);

  cv::Mat fine;
  cv::resize(image, fine, cv::Size(width, height), 0, 0, cv::INTER_AREA);
  cv::Mat grain(fine.size(), CV_16SC1);
  random.fill(grain, cv::RNG::NORMAL, 0, 3.0);
  cv::Mat grain_of_all;
  cv::merge(std::vector<cv::Mat>(3, grain), grain_of_all);
  cv::add(fine, grain_of_all, fine, cv::noArray(), CV_8U);
  return to_picture(fine);
}

}  // namespace watchrig::scene

#include "simulators/scene/pointed_view.hpp"

#include <gtest/gtest.h>

namespace watchrig::scene {
namespace {

constexpr int width = 160, height = 90;

/// Brighter to the right and darker downwards.
media::Picture slope() {
  media::Picture canvas(width * canvas_scale, height * canvas_scale);
  for (int y = 0; y < canvas.height; ++y) {
    for (int x = 0; x < canvas.width; ++x)
      canvas.luma()[y * canvas.width + x] = static_cast<std::uint8_t>(40 + x / 2 - y / 5);
  }
  return canvas;
}

int middle(const media::Picture& canvas, const Pointing& pointing) {
  media::Picture view(width, height);
  look(canvas, pointing, view);
  return view.luma()[height / 2 * width + width / 2];
}

TEST(PointedView, StraightAheadIsTheMiddleOfTheCanvasAsItIs) {
  const auto canvas = slope();
  media::Picture view(width, height);
  look(canvas, {0, 0, 60}, view);
  for (const int x : {0, 50, width - 1}) {
    const int there = (20 + height / 2) * canvas.width + x + width / 2;
    EXPECT_NEAR(view.luma()[20 * width + x], canvas.luma()[there], 1);
  }
}

TEST(PointedView, TurnsToTheRightAndUpAndZooms) {
  const auto canvas = slope();
  const int ahead = middle(canvas, {0, 0, 60});
  EXPECT_NEAR(middle(canvas, {30, 0, 60}) - ahead, 40, 2);  // 80 pixels
  EXPECT_NEAR(middle(canvas, {0, 10, 60}) - ahead, 5, 2);
  EXPECT_NEAR(middle(canvas, {0, 0, 3}), ahead, 2);
  media::Picture near(width, height);
  look(canvas, {0, 0, 6}, near);
  EXPECT_NEAR(near.luma()[width - 1] - near.luma()[0], 8, 2);  // a tenth of the 80
}

TEST(PointedView, GoesRoundAndBeyondTheEdges) {
  const auto canvas = slope();
  EXPECT_EQ(middle(canvas, {360, 0, 60}), middle(canvas, {0, 0, 60}));
  EXPECT_EQ(middle(canvas, {-130, 0, 60}), middle(canvas, {-10, 0, 60}));
  EXPECT_EQ(middle(canvas, {0, -90, 60}), middle(canvas, {0, -60, 60}));
}

}  // namespace
}  // namespace watchrig::scene

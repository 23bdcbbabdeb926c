#include "simulators/scene/pointed_view.hpp"

#include <algorithm>
#include <span>

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

TEST(PointedView, TellsWhereItsObjectsAreSeen) {
  media::Picture canvas(width * canvas_scale, height * canvas_scale);
  std::fill(canvas.bytes.begin(), canvas.bytes.end(), std::uint8_t{16});
  SceneObject object;
  object.id = 7;
  object.box = {150, 80, 20, 30};
  for (int y = 80; y < 110; ++y) {
    for (int x = 150; x < 170; ++x) canvas.luma()[y * canvas.width + x] = 235;
  }
  for (const Pointing& pointing :
       {Pointing{0, 0, 60}, {20, 0, 60}, {0, 10, 30}, {118, -5, 60}, {-240, 0, 9}}) {
    media::Picture view(width, height);
    look(canvas, pointing, view);
    const auto seen = seen_from({object}, pointing, width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        if (view.luma()[y * width + x] < 130) continue;
        ASSERT_EQ(seen.size(), 1U) << pointing.pan_degrees;
        const auto& box = seen[0].box;
        const bool inside = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
        ASSERT_TRUE(inside) << pointing.pan_degrees << ": " << x << "," << y << " is not in " << box.x << ","
                            << box.y << " " << box.width << "x" << box.height;
      }
    }
    const bool bright = std::ranges::any_of(std::span(view.luma(), std::size_t{width} * height),
                                            [](std::uint8_t luma) { return luma >= 130; });
    EXPECT_EQ(bright, !seen.empty()) << pointing.pan_degrees;
  }
  EXPECT_EQ(seen_from({object}, {0, 0, 60}, width, height)[0].id, 21U);
  EXPECT_EQ(seen_from({object}, {-240, 0, 60}, width, height)[0].id, 22U);
  EXPECT_TRUE(seen_from({object}, {60, 0, 60}, width, height).empty());
}

}  // namespace
}  // namespace watchrig::scene

#include "simulators/camera/picture/osd_board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulators/scene/letters.hpp"
#include "simulators/scene/stamp_strip.hpp"

namespace watchrig::camera {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

constexpr int width = 640, height = 360;
const base::UtcTime noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h + 34min + 56s;

OsdLine plain(std::string text, double x, double y) {
  OsdLine line;
  line.text = std::move(text);
  line.x = x;
  line.y = y;
  return line;
}

/// Only these lines, on grey.
media::Picture drawn(const std::vector<OsdLine>& lines, base::Duration ahead = {}) {
  OsdBoard board("gate");
  board.set_clock_ahead(ahead);
  for (const auto& line : board.lines()) EXPECT_TRUE(board.remove(line.token));
  for (const auto& line : lines) EXPECT_TRUE(board.create(line));
  media::Picture picture(width, height);
  std::fill(picture.bytes.begin(), picture.bytes.end(), std::uint8_t{100});
  board.draw(picture, noon);
  return picture;
}

/// Left, upper, right and lower edge of all that is not grey.
struct Edges {
  int left = width, top = height, right = -1, bottom = -1;
};
Edges edges_of(const media::Picture& picture) {
  Edges edges;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (picture.luma()[y * width + x] == 100) continue;
      edges = {std::min(edges.left, x), std::min(edges.top, y), std::max(edges.right, x),
               std::max(edges.bottom, y)};
    }
  }
  return edges;
}

TEST(OsdBoard, HasTheNameAndTheTimeAtFirst) {
  const auto lines = OsdBoard("gate").lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "gate");
  EXPECT_EQ(lines[1].kind, "DateAndTime");
}

TEST(OsdBoard, WritesWhereAPositionSays) {
  const auto cell = scene::letter_cell(height);
  const int strip = scene::stamp_strip_height(width, height);
  const auto middle = edges_of(drawn({plain("HH", 0, 0)}));
  EXPECT_NEAR(middle.left, width / 2.0, cell.width / 2.0);
  EXPECT_NEAR(middle.right, width / 2.0 + 2 * cell.width, cell.width / 2.0);
  EXPECT_NEAR(middle.top, strip + (height - strip) / 2.0, cell.height / 2.0);
  auto corner = plain("HH", 0, 0);
  corner.place = "LowerRight";
  const auto lower = edges_of(drawn({corner}));
  EXPECT_GT(lower.left, width * 3 / 4);
  EXPECT_GT(lower.top, height * 3 / 4);
}

TEST(OsdBoard, KeepsALineInsideAndOffTheStamp) {
  const int strip = scene::stamp_strip_height(width, height);
  const auto upper = edges_of(drawn({plain("Hg", -1, 1)}));
  EXPECT_GE(upper.top, strip);
  const auto lower = edges_of(drawn({plain("Hg", 1, -1)}));
  EXPECT_GT(lower.right, width - 2 * scene::letter_cell(height).width);
  EXPECT_GT(lower.bottom, height - scene::letter_cell(height).height);
}

TEST(OsdBoard, LeadingBlanksMoveALineByWholeLetters) {
  const auto at_left = edges_of(drawn({plain("H", -0.5, 0)})),
             moved = edges_of(drawn({plain("   H", -0.5, 0)}));
  EXPECT_EQ(moved.left - at_left.left, 3 * scene::letter_cell(height).width);
}

TEST(OsdBoard, WritesTheTimeOfTheCamerasClockInItsFormat) {
  OsdLine time;
  time.kind = "DateAndTime";
  time.date_format = "dd/MM/yyyy";
  time.time_format = "hh:mm:ss tt";
  EXPECT_EQ(drawn({time}, 1h).bytes, drawn({plain("22/11/2026 01:34:56 PM", 0, 0)}).bytes);
  EXPECT_EQ(drawn({time}, -12h).bytes, drawn({plain("22/11/2026 12:34:56 AM", 0, 0)}).bytes);
}

TEST(OsdBoard, RefusesWhatItsOptionsDoNotHave) {
  OsdBoard board("gate");
  const auto refused = [&](OsdLine line) {
    const auto made = board.create(std::move(line));
    return !made && made.error().kind == ErrorKind::invalid;
  };
  EXPECT_TRUE(refused(plain("", 0, 0)));
  EXPECT_TRUE(refused(plain(std::string(OsdBoard::longest + 1, 'x'), 0, 0)));
  EXPECT_TRUE(board.create(plain(std::string(OsdBoard::longest, 'x'), 1, -1)));
  EXPECT_TRUE(refused(plain("x", 1.01, 0)));
  EXPECT_TRUE(refused(plain("x", 0, std::nan(""))));
  auto line = plain("x", 0, 0);
  line.place = "Middle";
  EXPECT_TRUE(refused(line));
  line.place = "UpperLeft";
  line.kind = "Weather";
  EXPECT_TRUE(refused(line));
  line.kind = "Time";
  line.time_format = "ss";
  EXPECT_TRUE(refused(line));
}

TEST(OsdBoard, HasRoomForSoManyAndNoMore) {
  OsdBoard board("gate");
  for (std::size_t i = 1; i < OsdBoard::most_plain; ++i) EXPECT_TRUE(board.create(plain("x", 0, 0)));
  const auto more = board.create(plain("x", 0, 0));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::full);
  EXPECT_TRUE(board.change(board.lines().front()));
  OsdLine time;
  time.kind = "Time";
  EXPECT_TRUE(board.create(time));
  EXPECT_FALSE(board.create(time));
  EXPECT_FALSE(board.remove("osd-999"));
}

}  // namespace
}  // namespace watchrig::camera

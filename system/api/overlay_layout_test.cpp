#include "system/api/overlay_layout.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::api {
namespace {

namespace json = boost::json;
using devices::OverlayState;
using devices::PictureOverlay;
using ::testing::ElementsAre;
using ::testing::Field;
using Kind = PictureOverlay::Kind;

OverlayWishes wishes(const char* body) {
  const auto read = OverlayWishes::read(json::parse(body).as_object());
  EXPECT_TRUE(read) << read.error().error.message;
  return read ? *read : OverlayWishes();
}

std::string refused_field(const std::string& body) {
  const auto read = OverlayWishes::read(json::parse(body).as_object());
  return read ? "" : read.error().field;
}

OverlayState camera() {
  OverlayState state;
  state.overlays = {{"a", Kind::text, "Gate", 0, 0.95},
                    {"b", Kind::time, "", 0.7, 0},
                    {"c", Kind::other, "", 0.5, 0.5},
                    {"d", Kind::text, "old", 0.1, 0.1}};
  return state;
}

TEST(OverlayLayout, TellsNameTimeAndTextsApart) {
  const auto layout = OverlayLayout::of(camera(), "Gate");
  ASSERT_TRUE(layout.name && layout.time);
  EXPECT_EQ(layout.name->y, 0.95);
  EXPECT_EQ(layout.time->x, 0.7);
  ASSERT_EQ(layout.texts.size(), 1U);
  EXPECT_THAT(layout.texts[0].lines, ElementsAre("old"));
  EXPECT_FALSE(OverlayLayout::of(camera(), "Yard").name);
}

TEST(OverlayLayout, LinesGoUnderEachOtherAndAreAlignedByBlanks) {
  const auto lines = wishes(R"({"texts":[{"lines":["North","Gate 12b"],"align":"right","x":0.2,"y":0.4},
                                         {"lines":["ab","cdefgh"],"align":"centre","x":0.2,"y":0.8}]})")
                         .applied({}, "Gate");
  EXPECT_THAT(lines,
              ElementsAre(Field(&PictureOverlay::text, "   North"), Field(&PictureOverlay::text, "Gate 12b"),
                          Field(&PictureOverlay::text, "  ab"), Field(&PictureOverlay::text, "cdefgh")));
  EXPECT_NEAR(lines[1].y, 0.46, 1e-9);
  OverlayState state;
  state.overlays = lines;
  const auto back = OverlayLayout::of(state, "Gate");
  ASSERT_EQ(back.texts.size(), 2U);
  EXPECT_EQ(back.texts[0].align, OverlayBlock::Align::right);
  EXPECT_THAT(back.texts[0].lines, ElementsAre("North", "Gate 12b"));
  EXPECT_EQ(back.texts[1].align, OverlayBlock::Align::centre);
}

TEST(OverlayLayout, WhatIsNotNamedStaysAndTokensAreTakenOver) {
  const auto lines = wishes(R"({"texts":[{"lines":["one","two"],"x":0,"y":0}],"time":{"shown":false}})")
                         .applied(camera(), "Gate");
  EXPECT_THAT(lines, ElementsAre(Field(&PictureOverlay::token, "a"), Field(&PictureOverlay::token, "c"),
                                 Field(&PictureOverlay::token, "d"), Field(&PictureOverlay::token, "")));
  EXPECT_EQ(lines[2].text, "one");
  const auto moved = wishes(R"({"name":{"x":0.5,"y":0.25}})").applied(camera(), "Gate");
  ASSERT_EQ(moved.size(), 4U);
  EXPECT_EQ(moved[0].x, 0.5);
  EXPECT_EQ(moved[0].y, 0.25);
  const auto added = wishes(R"({"name":{"shown":true}})").applied(camera(), "Yard");
  ASSERT_EQ(added.size(), 5U);
  EXPECT_EQ(added[4].text, "Yard");
}

TEST(OverlayLayout, RefusesWhatIsOutOfItsLimits) {
  const std::string at = R"(,"x":0.1,"y":0.1}]})";
  const std::string long_line(OverlayLayout::longest, 'x');
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":[")" + long_line + R"("])" + at), "");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":[")" + long_line + R"(x"])" + at), "texts.0.lines");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":[])" + at), "texts.0.lines");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":["  "])" + at), "texts.0.lines");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":["a\nb"])" + at), "texts.0.lines");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":["a"],"align":"middle")" + at), "texts.0.align");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":["a"],"x":1.01,"y":0}]})"), "texts.0.x");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":["a"],"x":1}]})"), "texts.0.y");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":["a","b"],"x":0,"y":0.95}]})"), "texts.0.y");
  EXPECT_EQ(refused_field(R"({"texts":[{"lines":["a","b"],"x":0,"y":0.94}]})"), "");
  EXPECT_EQ(refused_field(R"({"texts":["a"]})"), "texts");
  EXPECT_EQ(refused_field(R"({"name":{"x":0.1}})"), "name.y");
  EXPECT_EQ(refused_field(R"({"name":{"z":0.1}})"), "name.z");
  EXPECT_EQ(refused_field(R"({"names":{}})"), "names");
  std::string many;
  for (std::size_t i = 0; i < OverlayLayout::most_texts; ++i)
    many += std::string(i ? "," : "") + R"({"lines":["a"],"x":0,"y":0})";
  EXPECT_EQ(refused_field(R"({"texts":[)" + many + "]}"), "");
  EXPECT_EQ(refused_field(R"({"texts":[)" + many + R"(,{"lines":["a"],"x":0,"y":0}]})"), "texts");
}

}  // namespace
}  // namespace watchrig::api

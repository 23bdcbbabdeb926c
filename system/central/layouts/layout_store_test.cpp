#include "system/central/layouts/layout_store.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

namespace json = boost::json;
using base::ErrorKind;

class LayoutStoreTest : public FolderTest {
 protected:
  void SetUp() override { open(); }
  void open(const ProductProfile& profile = default_profile()) {
    store.reset();
    store = LayoutStore::open(folder / "layouts.db", profile).value();
  }
  static Layout layout(LayoutKind kind, const std::string& name, std::int64_t parent,
                       const char* content = "{}") {
    return {kind, 0, parent, name, json::parse(content).as_object(), 1};
  }
  static Layout view(const std::string& name, int windows = 0, std::int64_t group = 1) {
    Layout made = layout(LayoutKind::view, name, group);
    json::array list;
    for (int i = 1; i <= windows; ++i) list.push_back({{"window", i}, {"channel", "c1"}});
    made.content["windows"] = std::move(list);
    return made;
  }
  std::string refused_field(const Layout& wrong) {
    const auto added = store->add(wrong);
    return added ? "accepted" : added.error().field;
  }
  /// Gives a view windows with these numbers.
  std::string set_windows(const std::string& id, const std::vector<int>& numbers) {
    json::array list;
    for (const int number : numbers) list.push_back({{"window", number}, {"channel", "c1"}});
    const auto changed = store->change(LayoutKind::view, id, [&](Layout& layout) -> FieldResult<void> {
      layout.content["windows"] = list;
      return {};
    });
    return changed ? "accepted" : changed.error().field;
  }

  std::unique_ptr<LayoutStore> store;
};

TEST_F(LayoutStoreTest, ADefaultGroupIsThereAndStays) {
  ASSERT_EQ(store->all(LayoutKind::view_group).size(), 1U);
  EXPECT_EQ(id_of(store->all(LayoutKind::view_group)[0]), "g1");
  EXPECT_EQ(store->remove(LayoutKind::view_group, "g1", true).error().error.kind, ErrorKind::denied);
}

TEST_F(LayoutStoreTest, HasAHundredViewsOfThirtySixWindows) {
  EXPECT_EQ(refused_field(view("wide", 37)), "windows");
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(store->add(view("view " + std::to_string(i), 36))) << i;
  EXPECT_EQ(store->add(view("one more")).error().error.kind, ErrorKind::full);
  open();
  EXPECT_EQ(store->all(LayoutKind::view).size(), 100U);
  EXPECT_EQ(store->add(view("one more")).error().error.kind, ErrorKind::full);
}

TEST_F(LayoutStoreTest, WindowsHaveNumbersUpToThatOfTheProfile) {
  for (const auto& profile : product_profiles()) {
    open(profile);
    const auto most = static_cast<int>(profile.most_windows);
    const auto id = id_of(store->add(view(std::string(profile.name), 1)).value());
    EXPECT_EQ(set_windows(id, {most}), "accepted") << profile.name;
    EXPECT_EQ(set_windows(id, {most + 1}), "windows.window") << profile.name;
    EXPECT_EQ(set_windows(id, {0}), "windows.window") << profile.name;
  }
}

TEST_F(LayoutStoreTest, AViewOfAProfileWithMoreWindowsKeepsThemButGetsNoOthers) {
  open(*find_profile("platform"));
  const auto id = id_of(store->add(view("wide", 64)).value());
  const auto few = id_of(store->add(view("few", 1)).value());
  ASSERT_EQ(set_windows(few, {20, 64}), "accepted");
  open(*find_profile("micro"));
  ASSERT_TRUE(store->change(LayoutKind::view, id, [](Layout& layout) -> FieldResult<void> {
    layout.name = "wider";
    return {};
  }));
  EXPECT_EQ(set_windows(few, {20, 64, 16}), "accepted") << "its own, and one of the profile";
  EXPECT_EQ(set_windows(few, {20, 64, 17}), "windows.window");
  EXPECT_EQ(set_windows(few, {20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}), "accepted");
  EXPECT_EQ(set_windows(few, {64}), "windows.window") << "it has that no more";
  EXPECT_EQ(set_windows(few, {20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}), "windows")
      << "a window too many";
  EXPECT_EQ(set_windows(id, {1, 17}), "accepted");
  EXPECT_EQ(set_windows(id, {1, 18}), "windows.window");
}

TEST_F(LayoutStoreTest, AWindowShowsAnyOfTheStreams) {
  Layout shown = view("streams", 1);
  auto& window = shown.content.at("windows").as_array()[0].as_object();
  for (const auto* stream : {"main", "sub", "sub2"}) {
    window["stream"] = stream;
    shown.name = stream;
    EXPECT_EQ(refused_field(shown), "accepted") << stream;
  }
  for (const json::value& stream : {json::value("sub3"), json::value(2)}) {
    window["stream"] = stream;
    EXPECT_EQ(refused_field(shown), "windows.stream");
  }
}

TEST_F(LayoutStoreTest, EachKindHasItsMostAndNoMore) {
  const auto fill = [&](LayoutKind kind, std::size_t there, const char* content, const std::string& told) {
    const auto most = rule_of(kind).most;
    for (std::size_t i = there; i < most; ++i) {
      ASSERT_TRUE(store->add(layout(kind, "n" + std::to_string(i), 0, content))) << told << i;
    }
    const auto more = store->add(layout(kind, "one more", 0, content));
    ASSERT_FALSE(more) << told;
    EXPECT_EQ(more.error().error.kind, ErrorKind::full) << told;
    EXPECT_NE(more.error().error.message.find(told), std::string::npos) << more.error().error.message;
    ASSERT_TRUE(store->remove(kind, id_of(store->all(kind).back()), false));
    EXPECT_TRUE(store->add(layout(kind, "one more", 0, content)));
    EXPECT_EQ(store->all(kind).size(), most);
  };
  const char* const map = R"({"area":"a0","items":[]})";
  fill(LayoutKind::view_group, 1, "{}", "100 view groups");
  fill(LayoutKind::icon, 0, "{}", "100 icons");
  fill(LayoutKind::video_group, 0, R"({"channels":[]})", "1000 video groups");
  fill(LayoutKind::map, 0, map, "1000 maps");
}

TEST_F(LayoutStoreTest, ListsHaveTheirMostAndAreToldOfWhat) {
  const auto listed = [&](LayoutKind kind, const char* list, std::size_t count, auto entry) {
    Layout made = layout(kind, std::to_string(count), 0, R"({"area":"a0"})");
    if (kind == LayoutKind::video_group) made.content.erase("area");
    json::array entries;
    for (std::size_t i = 1; i <= count; ++i) entries.push_back(json::value(entry("c" + std::to_string(i))));
    made.content[list] = std::move(entries);
    const auto added = store->add(made);
    return added ? std::string("accepted") : added.error().field + ": " + added.error().error.message;
  };
  const auto group = [&](std::size_t count) {
    return listed(LayoutKind::video_group, "channels", count, [](const std::string& id) { return id; });
  };
  EXPECT_EQ(group(256), "accepted");
  EXPECT_EQ(group(257), "channels: a video group has at most 256 channels, not 257");
  const auto map = [&](std::size_t count) {
    return listed(LayoutKind::map, "items", count, [](const std::string& id) {
      return json::object{{"channel", id}, {"x", 0.5}, {"y", 0.5}};
    });
  };
  EXPECT_EQ(map(1000), "accepted");
  EXPECT_EQ(map(1001), "items: a map has at most 1000 items, not 1001");
  EXPECT_EQ(store->add(view("wide", 37)).error().error.message, "a view has at most 36 windows, not 37");
}

TEST_F(LayoutStoreTest, GroupsAreTwoDeepAndGoWithTheirViews) {
  const auto outer = store->add(layout(LayoutKind::view_group, "outer", 0)).value();
  const auto inner = store->add(layout(LayoutKind::view_group, "inner", outer.number)).value();
  EXPECT_EQ(store->add(layout(LayoutKind::view_group, "third", inner.number)).error().error.kind,
            ErrorKind::full);
  const auto moved =
      store->change(LayoutKind::view_group, id_of(outer), [](Layout& group) -> FieldResult<void> {
        group.parent = 1;
        return {};
      });
  EXPECT_EQ(moved.error().field, "group");
  ASSERT_TRUE(store->add(view("a", 1, inner.number)));
  EXPECT_EQ(refused_field(view("a", 1, inner.number)), "name");
  EXPECT_EQ(refused_field(view("a", 1, 99)), "group");
  EXPECT_EQ(store->remove(LayoutKind::view_group, id_of(outer), false).error().error.kind,
            ErrorKind::conflict);
  ASSERT_TRUE(store->remove(LayoutKind::view_group, id_of(outer), true));
  EXPECT_TRUE(store->all(LayoutKind::view).empty());
  EXPECT_EQ(store->all(LayoutKind::view_group).size(), 1U);
}

TEST_F(LayoutStoreTest, NamesHaveOneToSixtyFourCharacters) {
  EXPECT_EQ(refused_field(view("")), "name");
  EXPECT_EQ(refused_field(view(std::string(65, 'x'))), "name");
  EXPECT_EQ(refused_field(view(std::string(64, 'x'))), "accepted");
  std::string wide;
  for (int i = 0; i < 64; ++i) wide += "ü";
  EXPECT_EQ(refused_field(view(wide)), "accepted");
}

TEST_F(LayoutStoreTest, ContentIsChecked) {
  const auto map = [&](const char* content) {
    return refused_field(layout(LayoutKind::map, "m", 0, content));
  };
  EXPECT_EQ(map(R"({"area":"x","items":[]})"), "area");
  EXPECT_EQ(map(R"({"area":"a0","items":[{"channel":"c1","x":1.01,"y":0}]})"), "items.x");
  EXPECT_EQ(map(R"({"area":"a0","items":[{"channel":"c1","x":0}]})"), "items.y");
  EXPECT_EQ(map(R"({"area":"a0","items":[{"channel":"c1","device":"d1","input":1,"x":0,"y":0}]})"), "items");
  EXPECT_EQ(map(R"({"area":"a0","items":[{"device":"d1","input":0,"x":0,"y":0}]})"), "items");
  EXPECT_EQ(map(R"({"area":"a0","items":[{"channel":"c1","x":0,"y":0,"icon":"c1"}]})"), "items.icon");
  EXPECT_EQ(map(R"({"area":"a0","items":[{"channel":"c1","x":0,"y":0,"url":"x"}]})"), "items.url");
  EXPECT_EQ(map(R"({"area":"a0","items":[{"channel":"c1","x":0,"y":0,"icon":"i99"}]})"), "items.icon");
  EXPECT_EQ(
      map(R"({"area":"a0","items":[{"channel":"c1","x":0,"y":1},{"device":"d1","input":2,"x":0.5,"y":0.5}]})"),
      "accepted");
  EXPECT_EQ(refused_field(layout(LayoutKind::video_group, "g", 0, R"({"channels":["c1","c1"]})")),
            "channels");
  EXPECT_EQ(refused_field(layout(LayoutKind::view, "v", 1, R"({"windows":[{"window":37,"channel":"c1"}]})")),
            "windows.window");
  EXPECT_EQ(refused_field(layout(LayoutKind::view, "v", 1, R"({"windows":7})")), "windows");
}

TEST_F(LayoutStoreTest, AnIconStaysWhileAMapUsesIt) {
  const auto icon = id_of(store->add(layout(LayoutKind::icon, "i", 0, "{}")).value());
  const auto map = store->add(layout(
      LayoutKind::map, "m", 0,
      fmt::format(R"({{"area":"a0","items":[{{"channel":"c1","x":0,"y":1,"icon":"{}"}}]}})", icon).c_str()));
  ASSERT_TRUE(map) << map.error().error.message;
  EXPECT_EQ(store->remove(LayoutKind::icon, icon, false).error().error.kind, ErrorKind::conflict);
  ASSERT_TRUE(store->remove(LayoutKind::map, id_of(*map), false));
  EXPECT_TRUE(store->remove(LayoutKind::icon, icon, false));
}

TEST_F(LayoutStoreTest, PicturesAreKnownByTheirBytes) {
  using namespace std::string_literals;
  const auto map = id_of(store->add(layout(LayoutKind::map, "m", 0, R"({"area":"a0","items":[]})")).value());
  const auto png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR-IEND\xae\x42\x60\x82"s;
  EXPECT_EQ(store->picture(LayoutKind::map, map).error().kind, ErrorKind::not_found);
  for (const auto& wrong : {""s, "<svg/>"s, png.substr(0, png.size() - 1), png.substr(1)}) {
    EXPECT_FALSE(store->set_picture(LayoutKind::map, map, wrong));
  }
  ASSERT_TRUE(store->set_picture(LayoutKind::map, map, png));
  open();
  EXPECT_EQ(store->picture(LayoutKind::map, map)->bytes, png);
  EXPECT_EQ(store->picture(LayoutKind::map, map)->type, "image/png");
  ASSERT_TRUE(store->set_picture(LayoutKind::map, map, "\xff\xd8\xff\xe0 \xff\xd9"s));
  EXPECT_EQ(store->picture(LayoutKind::map, map)->type, "image/jpeg");
  ASSERT_TRUE(store->remove(LayoutKind::map, map, false));
  EXPECT_FALSE(store->picture(LayoutKind::map, map));
}

}  // namespace
}  // namespace watchrig::central

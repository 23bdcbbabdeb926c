#include "system/central/accounts/rights.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

FieldResult<Grants> read(std::string_view text) { return grants_from(json::parse(text).as_object()); }

TEST(Rights, are_none_unless_granted) {
  const Rights none{Grants{}};
  for (const auto authority : all_authorities()) EXPECT_FALSE(none.may(authority)) << to_string(authority);
  EXPECT_FALSE(none.sees("c1"));
  for (const auto authority : all_authorities()) EXPECT_TRUE(Rights::everything().may(authority, "c1"));
}

TEST(Rights, hold_for_the_channels_they_are_narrowed_to) {
  const Rights rights(*read(R"({"live":true,"playback":["c1","c2"]})"));
  EXPECT_TRUE(rights.may(Authority::live, "c9"));
  EXPECT_TRUE(rights.may(Authority::playback, "c2"));
  EXPECT_TRUE(rights.may_everywhere(Authority::live));
  EXPECT_FALSE(rights.may_everywhere(Authority::playback));
  EXPECT_FALSE(rights.may(Authority::playback, "c9"));
  EXPECT_FALSE(rights.may(Authority::download, "c1"));
  EXPECT_TRUE(rights.sees("c9"));
  const Rights narrow(*read(R"({"playback":["c1"]})"));
  EXPECT_TRUE(narrow.sees("c1"));
  EXPECT_FALSE(narrow.sees("c2"));
}

/// c1 is in a2, which is in a1, and c9 in a3.
AreaPaths paths() {
  return {[](std::string_view channel) -> std::vector<std::int64_t> {
            if (channel == "c1") return {2, 1, 0};
            if (channel == "c9") return {3, 0};
            return {};
          },
          [](std::int64_t area) -> std::vector<std::int64_t> {
            if (area == 2) return {2, 1, 0};
            if (area == 0) return {0};
            if (area == 1 || area == 3) return {area, 0};
            return {};
          }};
}

TEST(Rights, hold_in_the_areas_they_are_narrowed_to_and_below) {
  const Rights rights(*read(R"({"live":["a1"],"playback":["a2","c9"],"devices":["a1"]})"), {}, paths());
  EXPECT_TRUE(rights.may(Authority::live, "c1"));
  EXPECT_FALSE(rights.may(Authority::live, "c9"));
  EXPECT_FALSE(rights.may(Authority::live, "c7")) << "nobody knows where it is";
  EXPECT_TRUE(rights.may(Authority::playback, "c1"));
  EXPECT_TRUE(rights.may(Authority::playback, "c9"));
  EXPECT_TRUE(rights.may_in(Authority::devices, 2));
  EXPECT_TRUE(rights.may_in(Authority::devices, 1));
  EXPECT_FALSE(rights.may_in(Authority::devices, 0)) << "above";
  EXPECT_FALSE(rights.may_in(Authority::devices, 3));
  EXPECT_FALSE(rights.may_in(Authority::devices, 99));
  EXPECT_FALSE(rights.may_everywhere(Authority::devices));
  EXPECT_TRUE(Rights(*read(R"({"devices":true})")).may_in(Authority::devices, 99));
}

TEST(Rights, of_a_user_end_at_its_areas) {
  const Rights rights(*read(R"({"live":true,"download":["c1","c9"],"devices":true,"logs":true})"), {1},
                      paths());
  EXPECT_TRUE(rights.may(Authority::live, "c1"));
  EXPECT_FALSE(rights.may(Authority::live, "c9"));
  EXPECT_TRUE(rights.may(Authority::download, "c1"));
  EXPECT_FALSE(rights.may(Authority::download, "c9")) << "granted by its group, but outside";
  EXPECT_FALSE(rights.sees("c9"));
  EXPECT_TRUE(rights.may_in(Authority::devices, 2));
  EXPECT_FALSE(rights.may_in(Authority::devices, 3));
  EXPECT_FALSE(rights.may_everywhere(Authority::live));
  EXPECT_TRUE(rights.may_everywhere(Authority::logs)) << "which is in no area";
}

TEST(Rights, of_accounts_show_no_channel_and_those_of_devices_all) {
  EXPECT_FALSE(Rights(*read(R"({"accounts":true})")).sees("c1"));
  EXPECT_TRUE(Rights(*read(R"({"devices":true})")).sees("c1"));
}

TEST(Grants, are_ticked_one_by_one_or_by_category) {
  EXPECT_EQ(read(R"({"monitoring":true})")->size(), 5U);
  EXPECT_EQ(read(R"({"monitoring":true,"management":true})")->size(), all_authorities().size());
  EXPECT_EQ(json::serialize(to_json(*read(R"({"download":["c2","c1","c2"],"live":true})"))),
            R"({"live":true,"download":["c1","c2"]})");
  EXPECT_EQ(json::serialize(to_json(*read(R"({"events":["c2","a11","a3"],"devices":["a0"]})"))),
            R"({"events":["a3","a11","c2"],"devices":["a0"]})");
}

TEST(Grants, that_make_no_sense_are_refused_with_their_field) {
  for (const char* wrong : {R"({"fly":true})", R"({"live":false})", R"({"live":[]})", R"({"live":[1]})",
                            R"({"live":"c1"})", R"({"live":["Gate"]})", R"({"live":["a-1"]})",
                            R"({"accounts":["a1"]})", R"({"devices":["c1"]})", R"({"management":["c1"]})"}) {
    const auto grants = read(wrong);
    ASSERT_FALSE(grants) << wrong;
    EXPECT_THAT(grants.error().field, HasSubstr("authorities.")) << wrong;
  }
}

TEST(Authority, has_a_name_that_reads_back) {
  for (const auto authority : all_authorities()) EXPECT_EQ(authority_from(to_string(authority)), authority);
  EXPECT_EQ(authority_from("monitoring"), std::nullopt);
}

}  // namespace
}  // namespace watchrig::central

#include "system/devices/onvif/onvif_profiles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::devices {
namespace {

using testing::HasSubstr;

std::vector<OnvifProfile> read(const std::string& profiles) {
  pugi::xml_document document;
  document.load_string(("<GetProfilesResponse>" + profiles + "</GetProfilesResponse>").c_str());
  return read_profiles(document.document_element());
}

TEST(OnvifProfiles, AreReadFromBothVersions) {
  const auto first = read(
      "<Profiles token='a'><VideoSourceConfiguration><SourceToken>s</SourceToken></VideoSourceConfiguration>"
      "<VideoEncoderConfiguration><Resolution><Width>640</Width><Height>360</Height></Resolution>"
      "</VideoEncoderConfiguration></Profiles>");
  const auto second = read(
      "<Profiles token='a'><Configurations><VideoSource><SourceToken>s</SourceToken></VideoSource>"
      "<VideoEncoder><Resolution><Width>640</Width><Height>360</Height></Resolution></VideoEncoder>"
      "</Configurations></Profiles>");
  for (const auto& profiles : {first, second}) {
    ASSERT_EQ(profiles.size(), 1u);
    EXPECT_EQ(profiles[0].token, "a");
    EXPECT_EQ(profiles[0].source, "s");
    EXPECT_EQ(profiles[0].width, 640);
    EXPECT_EQ(profiles[0].height, 360);
  }
}

TEST(OnvifProfiles, WithoutVideoOrTokenAreLeftOut) {
  EXPECT_TRUE(read("<Profiles token='a'/><Profiles><VideoEncoderConfiguration/></Profiles>").empty());
  const auto odd = read(
      "<Profiles token='a'><VideoEncoderConfiguration><Resolution><Width>x</Width></Resolution>"
      "</VideoEncoderConfiguration></Profiles>");
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_EQ(odd[0].width, 0);
}

TEST(OnvifProfiles, ProfilesOfOneEncoderAreOneStream) {
  const std::vector<OnvifProfile> profiles{{"first", "one", 1920, 1080, "a"},
                                           {"with sound", "one", 1920, 1080, "a"},
                                           {"third", "one", 320, 180, "b"},
                                           {"fourth", "one", 640, 360, "c"}};
  EXPECT_EQ(choose_profile(profiles, 1, "sub", "").value().token, "third");
  EXPECT_EQ(choose_profile(profiles, 1, "sub2", "").value().token, "fourth");
}

TEST(OnvifProfiles, MainIsTheLargestAndOthersFollowInTheirOrder) {
  const std::vector<OnvifProfile> profiles{{"small", "one", 320, 180},
                                           {"middle", "one", 640, 360},
                                           {"large", "one", 1920, 1080},
                                           {"further", "one", 320, 180},
                                           {"only", "two", 640, 480}};
  EXPECT_EQ(choose_profile(profiles, 1, "main", "").value().token, "large");
  EXPECT_EQ(choose_profile(profiles, 1, "sub", "").value().token, "small");
  EXPECT_EQ(choose_profile(profiles, 1, "sub2", "").value().token, "middle");
  EXPECT_EQ(choose_profile(profiles, 2, "main", "").value().token, "only");
  EXPECT_EQ(choose_profile(profiles, 1, "main", "middle").value().token, "middle");
  EXPECT_THAT(choose_profile(profiles, 2, "sub", "").error().message,
              HasSubstr("1 stream for channel 2: no stream \"sub\""));
  EXPECT_THAT(choose_profile(profiles, 1, "sub3", "").error().message, HasSubstr("no stream \"sub3\""));
  EXPECT_THAT(choose_profile(profiles, 3, "main", "").error().message, HasSubstr("2 video sources"));
  EXPECT_THAT(choose_profile(profiles, 1, "main", "huge").error().message,
              HasSubstr("no media profile \"huge\" among its 5"));
  EXPECT_THAT(choose_profile({}, 1, "main", "").error().message, HasSubstr("0 video sources"));
}

}  // namespace
}  // namespace watchrig::devices

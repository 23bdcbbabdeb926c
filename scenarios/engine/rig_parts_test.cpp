#include "scenarios/engine/rig_parts.hpp"

#include <gmock/gmock.h>

namespace watchrig::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view bind =
    R"(<bind id="gate" driver="rtsp" main="rtsp://10.0.0.5/1" username="u" password="p" detail="Acme X1 2.1"/>)";

TEST(RigParts, SeparateRealHardwareFromWhatIsPlayed) {
  const auto parts = take_rig_apart("<rig>" + std::string(bind) + R"(<camera id="yard" main="h264"/></rig>)");
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_THAT(parts->played, HasSubstr("yard"));
  EXPECT_THAT(parts->played, Not(HasSubstr("bind")));
  ASSERT_EQ(parts->real.size(), 1U);
  EXPECT_TRUE(parts->real[0].real);
  EXPECT_EQ(parts->real[0].streams.at("main"), "rtsp://10.0.0.5/1");
  EXPECT_EQ(parts->real[0].detail, "Acme X1 2.1");
}

TEST(RigParts, NothingIsPlayedWhenEverythingIsReal) {
  EXPECT_THAT(take_rig_apart("<rig>" + std::string(bind) + "</rig>")->played, IsEmpty());
  EXPECT_THAT(take_rig_apart("")->played, IsEmpty());
}

TEST(RigParts, SayWhatIsWrongWithABinding) {
  const auto error = [](std::string_view element) {
    const auto parts = take_rig_apart("<rig>" + std::string(element) + "</rig>");
    return parts ? std::string("fine") : parts.error().message;
  };
  EXPECT_THAT(error("<bind driver='rtsp' main='x'/>"), HasSubstr("needs id"));
  EXPECT_THAT(error("<bind id='a' driver='pelco-d' main='x'/>"), HasSubstr("there is rtsp"));
  EXPECT_THAT(error("<bind id='a' driver='rtsp'/>"), HasSubstr("needs main"));
  EXPECT_THAT(error("<bind id='a' driver='rtsp' main='x' colour='red'/>"), HasSubstr("no attribute colour"));
}

TEST(BindRig, ReplacesDevicesWithTheSameId) {
  const auto rig = bind_rig(R"(<rig><camera id="gate" main="h264"/><camera id="yard" main="h264"/></rig>)",
                            "<rig>" + std::string(bind) + "</rig>");
  ASSERT_TRUE(rig);
  EXPECT_THAT(*rig, HasSubstr("bind id=\"gate\""));
  EXPECT_THAT(*rig, HasSubstr("camera id=\"yard\""));
  EXPECT_THAT(*rig, Not(HasSubstr("camera id=\"gate\"")));
  EXPECT_THAT(*bind_rig("", "<rig><camera id='new'/></rig>"), HasSubstr("new"));
  EXPECT_FALSE(bind_rig("<rig/>", "<scenario/>"));
  EXPECT_FALSE(bind_rig("<rig/>", "<rig>"));
}

}  // namespace
}  // namespace watchrig::scenarios

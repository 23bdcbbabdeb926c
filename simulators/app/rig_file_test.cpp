#include "simulators/app/rig_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::rig {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& text) {
  const auto rig = parse_rig(text, "rig.xml");
  return rig ? "accepted" : rig.error().message;
}

constexpr const char* gate = R"(<camera id="gate" main="h264 640x360@25 500kbps"/>)";

TEST(RigFile, ReadsARigAlone) {
  const auto rig = parse_rig(std::string("<rig>") + gate + "</rig>", "rig.xml");
  ASSERT_TRUE(rig) << rig.error().message;
  EXPECT_EQ(rig->cameras.at(0).id, "gate");
}

TEST(RigFile, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refusal("<rigs/>"), HasSubstr("rig.xml:1: <rigs>: the root"));
  EXPECT_THAT(refusal("<scenario><rig/></scenario>"), HasSubstr("<scenario>: the root"));
  EXPECT_THAT(refusal("<rig><toaster id='t'/></rig>"),
              HasSubstr("<toaster>: no virtual device of this kind"));
  EXPECT_THAT(refusal("<rig>camera</rig>"), HasSubstr("text between the devices"));
  EXPECT_THAT(refusal("<rig speed='2'/>"), HasSubstr("unknown attribute speed"));
  EXPECT_THAT(refusal("<rig>\n<camera id='gate'/>\n</rig>"),
              HasSubstr("rig.xml:2: <camera>: the attribute main"));
  EXPECT_THAT(refusal("<rig>\n\n<camera"), HasSubstr("rig.xml:3: "));
}

TEST(RigFile, IdsAndPortsAreUnique) {
  EXPECT_THAT(refusal(std::string("<rig>") + gate + "\n" + gate + "</rig>"),
              HasSubstr("rig.xml:2: <camera>: the id \"gate\" is taken"));
  EXPECT_THAT(refusal("<rig><camera id='a' count='2' main='h264 640x360@25 500kbps'/>"
                      "<camera id='a-2' main='h264 640x360@25 500kbps'/></rig>"),
              HasSubstr("the id \"a-2\" is taken"));
  EXPECT_THAT(refusal("<rig><camera id='a' port='7000' count='3' main='h264 640x360@25 500kbps'/>"
                      "<camera id='b' port='7002' main='h264 640x360@25 500kbps'/></rig>"),
              HasSubstr("port 7002 is taken"));
  EXPECT_TRUE(
      parse_rig("<rig><camera id='a' port='7000' main='h264 640x360@25 500kbps'/>"
                "<camera id='b' port='7000' address='127.0.7.1' main='h264 640x360@25 500kbps'/></rig>",
                "rig.xml"));
}

TEST(RigFile, MissingFileIsNamed) {
  const auto rig = read_rig_file("/nonexistent/rig.xml");
  EXPECT_EQ(rig.error().kind, base::ErrorKind::not_found);
  EXPECT_THAT(rig.error().message, HasSubstr("/nonexistent/rig.xml"));
}

}  // namespace
}  // namespace watchrig::rig

#include "simulators/camera/camera_spec.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::camera {
namespace {

using ::testing::HasSubstr;

base::Result<std::vector<CameraSpec>> parse(const std::string& attributes,
                                            const std::string& element = "camera") {
  const auto file =
      kernel::XmlFile::parse(fmt::format("<rig>\n <{} {}/>\n</rig>", element, attributes), "rig.xml");
  return parse_camera(*file, file->root().first_child(), "/tmp");
}
std::string refusal(const std::string& attributes, const std::string& element = "camera") {
  const auto cameras = parse(attributes, element);
  return cameras ? "accepted" : cameras.error().message;
}

constexpr const char* h264 = R"( main="h264 640x360@25 500kbps")";

TEST(CameraSpec, ReadsEverything) {
  const auto cameras = parse(
      R"(id="gate" main="h264 1280x720@25 2Mbps" sub="h265 352x288@10 256kbps" sub2="mjpeg 160x96@5 100kbps")"
      R"( audio="pcmu" scene="street")"
      R"( username="admin" password="secret" port="5554")");
  ASSERT_TRUE(cameras) << cameras.error().message;
  const CameraSpec& camera = cameras->at(0);
  EXPECT_EQ(camera.id, "gate");
  ASSERT_EQ(camera.streams.size(), 3U);
  EXPECT_EQ(camera.streams[0].name, "main");
  EXPECT_EQ(camera.streams[0].source.profile.width, 1280);
  EXPECT_EQ(camera.streams[1].source.profile.codec, media::Codec::h265);
  EXPECT_EQ(camera.streams[2].name, "sub2");
  EXPECT_EQ(camera.streams[2].source.profile.height, 96);
  EXPECT_EQ(camera.audio->profile.codec, media::Codec::pcmu);
  EXPECT_EQ(camera.username, "admin");
  EXPECT_EQ(camera.password, "secret");
  EXPECT_EQ(camera.port, 5554);
}

TEST(CameraSpec, BackchannelIsYesOrNo) {
  EXPECT_TRUE(parse(std::string(R"(id="gate" backchannel="yes")") + h264)->at(0).backchannel);
  EXPECT_FALSE(parse(std::string(R"(id="gate")") + h264)->at(0).backchannel);
  EXPECT_THAT(refusal(std::string(R"(id="gate" backchannel="pcmu")") + h264),
              HasSubstr("neither yes nor no"));
}

TEST(CameraSpec, CountMakesCamerasWithConsecutivePorts) {
  const auto cameras =
      parse(std::string(R"(id="cam" count="3" port="7000" onvif="yes" onvif-port="8000")") + h264);
  ASSERT_TRUE(cameras) << cameras.error().message;
  ASSERT_EQ(cameras->size(), 3U);
  EXPECT_EQ(cameras->at(0).id, "cam-1");
  EXPECT_EQ(cameras->at(2).id, "cam-3");
  EXPECT_EQ(cameras->at(2).port, 7002);
  EXPECT_EQ(cameras->at(2).onvif_port, 8002);
  EXPECT_TRUE(cameras->at(2).onvif);
}

TEST(CameraSpec, PhasesAreSpreadOverTheTimeFromOnePictureToTheNext) {
  const auto spread = parse(std::string(R"(id="cam" count="9" phases="spread")") + h264);
  ASSERT_TRUE(spread) << spread.error().message;
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_NEAR(spread->at(i).phase, 0.1 + 0.1 * static_cast<double>(i), 1e-9);
  }
  EXPECT_EQ(parse(std::string(R"(id="cam" count="9")") + h264)->at(8).phase, 0);
  EXPECT_THAT(refusal(std::string(R"(id="cam" count="9" phases="random")") + h264), HasSubstr("phases"));
}

TEST(CameraSpec, ARecorderHasUpTo64ChannelsAndADisk) {
  const auto with = [](const std::string& more) { return R"(id="dvr" onvif="yes" )" + more + h264; };
  const auto recorder =
      parse(with(R"(channels="64" disk-mb="4096" disk-full="stop" distinct="yes")"), "recorder");
  ASSERT_TRUE(recorder) << recorder.error().message;
  EXPECT_EQ(recorder->at(0).channels, 64U);
  EXPECT_TRUE(recorder->at(0).distinct);
  EXPECT_TRUE(recorder->at(0).card_stops);
  EXPECT_EQ(recorder->at(0).card_bytes, 4096ULL << 20);
  EXPECT_EQ(parse(with(""), "recorder")->at(0).channels, 16U);
  EXPECT_EQ(parse(with(""))->at(0).channels, 0U);
  for (const char* wrong : {R"(channels="0")", R"(channels="65")", R"(distinct="perhaps")", R"(ptz="yes")",
                            R"(imaging="yes")", R"(card-mb="4")", R"(disk-full="stop")", R"(disk-mb="4097")"})
    EXPECT_NE(refusal(with(wrong), "recorder"), "accepted") << wrong;
  for (const char* wrong : {R"(channels="2")", R"(disk-mb="4")", R"(distinct="yes")"})
    EXPECT_THAT(refusal(with(wrong)), HasSubstr("rig.xml")) << wrong;
  EXPECT_THAT(refusal(std::string(R"(id="dvr" disk-mb="4")") + h264, "recorder"), HasSubstr("disk-mb needs"));
}

TEST(CameraSpec, TakesAnAddressOfThisProcess) {
  const auto own = parse(std::string(R"(id="cam" count="2" address="own.10")") + h264);
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_THAT(own->at(0).address, ::testing::MatchesRegex("127\\.[0-9]+\\.[0-9]+\\.10"));
  EXPECT_THAT(own->at(1).address, ::testing::EndsWith(".11"));
  EXPECT_THAT(refusal(std::string(R"(id="a" address="own.256")") + h264), HasSubstr("address"));
  EXPECT_THAT(refusal(std::string(R"(id="a" address="own.x")") + h264), HasSubstr("address"));
}

TEST(CameraSpec, GetsAnAddressByDhcpOnlyWhereItCanBeToldSo) {
  const auto leased = parse(std::string(R"(id="cam" onvif="yes" dhcp-address="127.0.7.90")") + h264);
  ASSERT_TRUE(leased) << leased.error().message;
  EXPECT_EQ(leased->at(0).dhcp_address, "127.0.7.90");
  EXPECT_THAT(refusal(std::string(R"(id="a" dhcp-address="127.0.7.90")") + h264), HasSubstr("dhcp-address"));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif="yes" dhcp-address="10.0.0.1")") + h264),
              HasSubstr("dhcp-address"));
}

TEST(CameraSpec, HasAnAddressOfItsOwnAndCanBeFound) {
  const auto cameras = parse(
      std::string(R"(id="cam" count="3" port="7000" onvif="yes" discovery="yes" address="127.0.7.254")") +
      h264);
  ASSERT_TRUE(cameras) << cameras.error().message;
  EXPECT_EQ(cameras->at(0).address, "127.0.7.254");
  EXPECT_EQ(cameras->at(2).address, "127.0.8.0");
  EXPECT_EQ(cameras->at(2).port, 7000);
  EXPECT_TRUE(cameras->at(2).discovery);
  EXPECT_THAT(refusal(std::string(R"(id="a" discovery="yes")") + h264), HasSubstr("needs onvif=\"yes\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif="yes" discovery="x")") + h264),
              HasSubstr("discovery=\"x\""));
  for (const char* wrong : {"128.0.0.1", "127.0.0.0", "127.255.255.255", "gate", "::1"}) {
    EXPECT_THAT(refusal(fmt::format(R"(id="a" address="{}")", wrong) + h264),
                HasSubstr("none in 127.0.0.0/8"));
  }
  EXPECT_THAT(refusal(std::string(R"(id="a" count="2" address="127.255.255.254")") + h264),
              HasSubstr("none in 127.0.0.0/8"));
  EXPECT_THAT(refusal(std::string(R"(id="a" serial="x y")") + h264), HasSubstr("letters, digits"));
  EXPECT_TRUE(parse(std::string(R"(id="a" onvif="yes" private="yes" initialised="no")") + h264));
  EXPECT_THAT(refusal(std::string(R"(id="a" private="yes")") + h264), HasSubstr("need onvif=\"yes\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif="yes" initialised="x")") + h264), HasSubstr("yes or no"));
  EXPECT_THAT(
      refusal(std::string(R"(id="a" onvif="yes" initialised="no" username="admin" password="x")") + h264),
      HasSubstr("has no username"));
}

TEST(CameraSpec, FindsSampleFootageByName) {
  const auto cameras = parse(R"(id="plaza" file="vtest.avi" main="h264 768x576@10 1Mbps")");
  ASSERT_TRUE(cameras) << cameras.error().message;
  EXPECT_EQ(cameras->at(0).streams.at(0).source.file.filename(), "vtest.avi");
  EXPECT_TRUE(cameras->at(0).streams.at(0).source.file.is_absolute());
}

TEST(CameraSpec, RefusalsNameFileLineAndAttribute) {
  EXPECT_THAT(refusal(R"(main="h264 640x360@25 500kbps")"),
              HasSubstr("rig.xml:2: <camera>: the attribute id"));
  EXPECT_THAT(refusal(R"(id="gate")"), HasSubstr("the attribute main is missing"));
  EXPECT_THAT(refusal(R"(id="a b")"), HasSubstr("id=\"a b\""));
  EXPECT_THAT(refusal(std::string(R"(id="a.b")") + h264), HasSubstr("letters, digits"));
  EXPECT_THAT(refusal(std::string(R"(id="a" colour="red")") + h264), HasSubstr("unknown attribute colour"));
  EXPECT_THAT(refusal(std::string(R"(id="a" count="0")") + h264), HasSubstr("count=\"0\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif="yes" onvif-port="65535" count="2")") + h264),
              HasSubstr("not so many ports"));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif="perhaps")") + h264), HasSubstr("onvif=\"perhaps\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif-port="80")") + h264), HasSubstr("needs onvif=\"yes\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" https="yes")") + h264), HasSubstr("needs onvif=\"yes\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif="yes" http="no")") + h264),
              HasSubstr("need https=\"yes\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" onvif="yes" https="yes" certificate="best")") + h264),
              HasSubstr("certificate: there are self-signed"));
  EXPECT_THAT(refusal(std::string(R"(id="a" inputs="1")") + h264), HasSubstr("inputs needs onvif=\"yes\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" outputs="17" onvif="yes")") + h264), HasSubstr("outputs=\"17\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" port="65535" count="2")") + h264),
              HasSubstr("not so many ports"));
  EXPECT_THAT(refusal(std::string(R"(id="a" port="70000")") + h264), HasSubstr("port=\"70000\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" scene="beach")") + h264), HasSubstr("scene=\"beach\""));
  EXPECT_THAT(refusal(std::string(R"(id="a" file="none.avi")") + h264),
              HasSubstr("\"none.avi\" is neither in"));
  EXPECT_THAT(refusal(std::string(R"(id="a" file="vtest.avi" scene="street")") + h264),
              HasSubstr("not both"));
  EXPECT_THAT(refusal(R"(id="a" main="h266 640x360@25 1Mbps")"), HasSubstr("main: "));
  EXPECT_THAT(refusal(R"(id="a" main="passthrough")"), HasSubstr("needs a file"));
  EXPECT_THAT(refusal(R"(id="a" main="pcmu")"), HasSubstr("is not a video profile"));
  EXPECT_THAT(refusal(std::string(R"(id="a" audio="h264 640x360@25 1Mbps")") + h264),
              HasSubstr("is not pcmu"));
  EXPECT_THAT(refusal(std::string(R"(id="a" sub="")") + h264), HasSubstr("sub is missing or empty"));
  EXPECT_THAT(refusal(std::string(R"(id="a" sub2="h264 160x96@5 60kbps")") + h264),
              HasSubstr("sub2 needs sub"));
}

TEST(CameraSpec, AccessNeedsBothNameAndPassword) {
  EXPECT_THAT(refusal(std::string(R"(id="a" username="admin")") + h264),
              HasSubstr("needs a username and a password"));
  EXPECT_THAT(refusal(std::string(R"(id="a" password="x")") + h264),
              HasSubstr("a password needs a username"));
  EXPECT_THAT(refusal(std::string(R"(id="a" auth="digest")") + h264), HasSubstr("needs a username"));
  EXPECT_THAT(refusal(std::string(R"(id="a" auth="basic")") + h264), HasSubstr("neither digest nor none"));
  const auto open = parse(std::string(R"(id="a" auth="none" username="admin" password="x")") + h264);
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->at(0).username.empty());
}

TEST(CameraSpec, AHeadNeedsServicesAndTheScene) {
  const auto cameras = parse(std::string(R"(id="dome" onvif="yes" ptz="yes")") + h264);
  ASSERT_TRUE(cameras) << cameras.error().message;
  EXPECT_TRUE(cameras->at(0).ptz);
  EXPECT_THAT(refusal(std::string(R"(id="dome" ptz="yes")") + h264), HasSubstr("needs onvif"));
  EXPECT_THAT(refusal(std::string(R"(id="dome" onvif="yes" ptz="maybe")") + h264),
              HasSubstr("neither yes nor no"));
  EXPECT_THAT(refusal(std::string(R"(id="dome" onvif="yes" ptz="yes" file="vtest.avi")") + h264),
              HasSubstr("needs the scene"));
}

TEST(CameraSpec, PicturesThatCanBeSetAreItsOwn) {
  const auto cameras = parse(std::string(R"(id="gate" onvif="yes" imaging="yes")") + h264);
  ASSERT_TRUE(cameras) << cameras.error().message;
  EXPECT_TRUE(cameras->at(0).imaging);
  EXPECT_THAT(refusal(std::string(R"(id="gate" imaging="yes")") + h264), HasSubstr("needs onvif"));
  EXPECT_THAT(refusal(std::string(R"(id="gate" onvif="yes" imaging="perhaps")") + h264),
              HasSubstr("neither yes nor no"));
  EXPECT_THAT(refusal(R"(id="gate" onvif="yes" imaging="yes" file="vtest.avi" main="passthrough")"),
              HasSubstr("passthrough"));
}

TEST(CameraSpec, AnalyticsNeedServicesAndTheScene) {
  const auto cameras =
      parse(std::string(R"(id="gate" onvif="yes" analytics="yes" analytics-rate="10")") + h264);
  ASSERT_TRUE(cameras) << cameras.error().message;
  EXPECT_TRUE(cameras->at(0).analytics);
  EXPECT_EQ(cameras->at(0).analytics_rate, 10U);
  EXPECT_THAT(refusal(std::string(R"(id="gate" analytics="yes")") + h264), HasSubstr("needs onvif"));
  EXPECT_THAT(refusal(std::string(R"(id="gate" onvif="yes" analytics="often")") + h264),
              HasSubstr("neither yes nor no"));
  EXPECT_THAT(refusal(std::string(R"(id="gate" onvif="yes" analytics-rate="5")") + h264),
              HasSubstr("needs analytics"));
  EXPECT_THAT(refusal(std::string(R"(id="gate" onvif="yes" analytics="yes" analytics-rate="31")") + h264),
              HasSubstr("analytics-rate"));
  for (const char* profile : {"passthrough", "h264 352x288@10 200kbps"})
    EXPECT_THAT(
        refusal(fmt::format(R"(id="gate" onvif="yes" analytics="yes" file="vtest.avi" main="{}")", profile)),
        HasSubstr("nobody knows what a file shows"));
}

}  // namespace
}  // namespace watchrig::camera

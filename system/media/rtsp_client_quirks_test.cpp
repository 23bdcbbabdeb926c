#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/media/rtcp.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtsp_quirks.hpp"
#include "system/media/sdp.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ok;
using testing::ScriptedServer;

constexpr std::string_view control = "a=control:track0\r\n", rtpmap = "a=rtpmap:96 H264/90000\r\n";

std::string sdp() { return write_sdp(testing::FakeStream(false).tracks); }

std::string sdp_with(std::string_view instead_of, std::string_view text) {
  auto changed = sdp();
  changed.replace(changed.find(instead_of), instead_of.size(), text);
  return changed;
}

/// Packets of the first units, each changed in its place.
std::string frames(std::size_t units,
                   const std::function<void(std::size_t unit, std::uint8_t* rtp)>& change = {}) {
  const testing::FakeStream stream(false);
  RtpPacketizer packetizer(stream.tracks[0], 0, 7);
  std::string bytes;
  for (std::size_t n = 0; n < units; ++n) {
    const auto train = packetizer.packetize(stream.unit(n)).value();
    base::Bytes block = train->block;
    for (const auto packet : train->packets) {
      if (change) change(n, &block[packet + 4]);
    }
    bytes.append(block.begin(), block.end());
  }
  return bytes;
}

class RtspClientQuirks : public ::testing::Test {
 protected:
  /// The names that are told of a server with these answers, while `count` units are read.
  std::set<std::string> told(std::map<std::string, std::string> instead, std::size_t count = 3) {
    return told_of(
        [instead = std::move(instead), media = media](const RtspRequest& request) {
          if (const auto own = instead.find(request.method); own != instead.end()) return own->second;
          if (request.method == "OPTIONS") return ok("Public: OPTIONS, DESCRIBE, GET_PARAMETER\r\n");
          if (request.method == "DESCRIBE") return ok({}, sdp());
          if (request.method == "SETUP")
            return ok("Session: 1;timeout=1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
          if (request.method == "PLAY") return ok("Session: 1\r\n") + media;
          return ok();
        },
        count);
  }
  std::set<std::string> told_of(ScriptedServer::Answer answer, std::size_t count) {
    ScriptedServer server(bench.io, std::move(answer));
    std::set<std::string> names;
    options.url = server.url();
    options.quirk = [&names](std::string_view name, const std::string&) { names.emplace(name); };
    options.data_timeout = 800ms;
    options.report_interval = 50ms;
    EXPECT_GE(bench.run(read(bench, options, count)), std::min<std::size_t>(count, 3));
    requests = server.requests();
    return names;
  }
  static asio::awaitable<std::size_t> read(testing::RtspBench& bench, RtspClient::Options options,
                                           std::size_t count) {
    RtspClient client(bench.io.get_executor(), bench.clock, std::move(options));
    const auto started = co_await client.start();
    std::size_t units = 0;
    while (started && units < count) {
      const auto unit = co_await client.next();
      if (!unit) break;
      ++units;
    }
    co_return units;
  }

  static constexpr std::size_t until_silence = 1000;
  testing::RtspBench bench;
  RtspClient::Options options;
  std::string media = frames(3);
  std::vector<RtspRequest> requests;
};

TEST_F(RtspClientQuirks, NothingIsToldOfAPlainCamera) {
  media = frames(15);
  EXPECT_THAT(told({}, until_silence), IsEmpty());
}

TEST_F(RtspClientQuirks, DescriptionsAreReadAndToldByName) {
  const auto described = [&](const std::string& text, const std::string& headers = {}) {
    return told({{"DESCRIBE", ok(headers, text)}});
  };
  EXPECT_THAT(described(sdp_with(control, "")), ElementsAre(rtsp_quirks::sdp_without_control));
  EXPECT_THAT(described(sdp_with(rtpmap, "a=rtpmap:96 H264/8000\r\n")),
              ElementsAre(rtsp_quirks::sdp_wrong_clock));
  EXPECT_THAT(described(sdp_with("t=0 0\r\n", "t=0 0\r\ny=0100000001\r\n")),
              ElementsAre(rtsp_quirks::sdp_unknown_lines));
  EXPECT_THAT(described(sdp_with("sprop-parameter-sets", "x")),
              ElementsAre(rtsp_quirks::sdp_without_parameters));
  EXPECT_THAT(described(sdp_with(control, "a=control:rtsp://192.0.2.1/live/track0\r\n")),
              ElementsAre(rtsp_quirks::sdp_foreign_host));
  EXPECT_THAT(described(sdp(), "Content-Base: rtsp://192.0.2.1/live/\r\n"),
              ElementsAre(rtsp_quirks::sdp_foreign_host));
}

TEST_F(RtspClientQuirks, AWrongContentBaseIsGivenUpForTheAddressThatWasDescribed) {
  const auto camera = [](const RtspRequest& request) -> std::string {
    if (request.uri.find("elsewhere") != std::string::npos)
      return "RTSP/1.0 404 Not Found\r\nCSeq: %CSEQ%\r\n\r\n";
    if (request.method == "DESCRIBE") return ok("Content-Base: rtsp://127.0.0.1/elsewhere/\r\n", sdp());
    return ok() + (request.method == "PLAY" ? frames(3) : "");
  };
  EXPECT_THAT(told_of(camera, 3), ElementsAre(rtsp_quirks::content_base_wrong));
  EXPECT_EQ(requests.back().uri, options.url);
}

TEST_F(RtspClientQuirks, AKeepAliveThatIsRefusedIsReplacedAtOnce) {
  EXPECT_THAT(told({{"GET_PARAMETER", "RTSP/1.0 501 No\r\nCSeq: %CSEQ%\r\n\r\n"}}, until_silence),
              ElementsAre(rtsp_quirks::get_parameter_refused));
  ASSERT_GE(requests.size(), 6U);
  EXPECT_EQ(requests[4].method, "GET_PARAMETER");
  EXPECT_EQ(requests[5].method, "OPTIONS");
}

TEST_F(RtspClientQuirks, PasswordsAreAskedForInEachWay) {
  options.credentials = {"admin", "secret"};
  int asked = 0;
  const auto each = [&asked](std::string form) {
    return [&asked, form = std::move(form)](const RtspRequest& request) -> std::string {
      const auto answer = request.headers.find("Authorization");
      const auto nonce = fmt::format("nonce=\"{}\"", asked);
      if (request.method == "OPTIONS") return ok();
      if (!answer || answer->find(nonce) == std::string_view::npos)
        return fmt::format(
            "RTSP/1.0 401 No\r\nCSeq: %CSEQ%\r\nWWW-Authenticate: Digest realm=\"r\", {}{}\r\n\r\n", nonce,
            form);
      if (form.find("stale") != std::string::npos) ++asked;
      if (request.method == "DESCRIBE") return ok({}, sdp());
      return ok() + (request.method == "PLAY" ? frames(3) : "");
    };
  };
  EXPECT_THAT(told_of(each(""), 3), ElementsAre(rtsp_quirks::digest_without_qop));
  EXPECT_THAT(told_of(each(", qop=\"auth\""), 3), IsEmpty());
  EXPECT_THAT(told_of(each(", qop=\"auth\", stale=true"), 3), ElementsAre(rtsp_quirks::digest_stale_each));
}

TEST_F(RtspClientQuirks, PacketsAreReadAndToldByName) {
  media = frames(14, [](std::size_t, std::uint8_t* rtp) { rtp[1] &= 0x7f; });
  EXPECT_THAT(told({}, until_silence), ElementsAre(rtsp_quirks::no_marker));
  media = frames(14, [](std::size_t unit, std::uint8_t* rtp) {
    base::store_be32(rtp + 4, base::load_be32(rtp + 4) + static_cast<std::uint32_t>(unit / 4 * 27'000'000));
  });
  EXPECT_THAT(told({}, until_silence), ElementsAre(rtsp_quirks::timestamp_jumps));
}

TEST_F(RtspClientQuirks, AClockOfReportsIsToldWhenItIsMoreThanAMinuteOff) {
  const testing::FakeStream stream(false);
  RtpPacketizer packetizer(stream.tracks[0], 0, 7);
  const auto ssrc = base::load_be32(&packetizer.packetize(stream.unit(0)).value()->block[12]);
  const auto reported = [&](base::Duration ahead) {
    base::Bytes report(4);
    write_rtcp(SenderReport{ssrc, to_ntp(bench.clock.now() + ahead), 0, 0, 0, {}}, report);
    report[0] = '$';
    report[1] = 1;
    base::store_be16(&report[2], static_cast<std::uint16_t>(report.size() - 4));
    media = frames(3) + std::string(report.begin(), report.end());
    return told({}, until_silence);
  };
  EXPECT_THAT(reported(-3600s), ElementsAre(rtsp_quirks::rtcp_clock_wrong));
  EXPECT_THAT(reported(70s), ElementsAre(rtsp_quirks::rtcp_clock_wrong));
  EXPECT_THAT(reported(50s), IsEmpty());
}

}  // namespace
}  // namespace watchrig::media

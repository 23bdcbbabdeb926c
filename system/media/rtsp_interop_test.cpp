#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/media/parameter_sets.hpp"
#include "system/media/testing/coded_units.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::RtspBench;

constexpr std::size_t pictures = 30;

/// The server with a password, served by a thread of its own while other software reads from it.
class RtspInterop : public ::testing::TestWithParam<const char*> {
 protected:
  RtspInterop() : bench(with_password()) {
    for (auto& [path, stream] : bench.content->streams) {
      stream.interval = path == "/live/gate" ? 10ms : 20ms;
      stream.count = 100'000;
    }
    file = std::filesystem::temp_directory_path() / fmt::format("rtsp-interop-{}.h264", ::getpid());
    thread = std::thread([this] { bench.io.run(); });
  }
  ~RtspInterop() override {
    bench.io.stop();
    thread.join();
    std::filesystem::remove(file);
  }

  static RtspServer::Options with_password() {
    RtspServer::Options options;
    options.password = [](std::string_view user) {
      return user == "admin" ? std::optional<std::string>("se cret") : std::nullopt;
    };
    return options;
  }
  std::string url(const std::string& user, const std::string& path) const {
    return fmt::format("rtsp://{}127.0.0.1:{}{}", user, bench.server->port(), path);
  }
  /// For GStreamer, which goes through HTTP only when the scheme says so.
  static std::string source(const std::string& url) {
    const bool http = std::string_view(GetParam()) == "http";
    return http ? fmt::format("rtspsrc location=rtsph{}", url.substr(4))
                : fmt::format("rtspsrc location={} protocols={}", url, GetParam());
  }

  /// The slices in the file are those of the first pictures of the stream.
  void expect_pictures() {
    std::ifstream stream(file, std::ios::binary);
    const base::Bytes bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    const auto slices = [](const base::Bytes& payload, std::vector<base::Bytes>& into) {
      NalReader reader(payload);
      while (reader.next()) {
        const auto nal = reader.nal();
        if (is_slice(Codec::h264, nal_type(Codec::h264, nal[0]))) into.emplace_back(nal.begin(), nal.end());
      }
    };
    std::vector<base::Bytes> read;
    std::vector<base::Bytes> sent;
    slices(annexb_to_length_prefixed(bytes), read);
    const auto& source = bench.content->streams.at("/live/yard");
    for (std::size_t n = 0; n < pictures; ++n) slices(source.unit(n).payload, sent);
    ASSERT_GE(read.size(), sent.size() - 1);  // GStreamer's depayloader holds the last one back
    for (std::size_t i = 0; i < std::min(read.size(), sent.size()); ++i)
      ASSERT_EQ(read[i], sent[i]) << "slice " << i;
  }

  RtspBench bench;
  std::filesystem::path file;
  std::thread thread;
};
INSTANTIATE_TEST_SUITE_P(Transports, RtspInterop, ::testing::Values("tcp", "udp", "http"),
                         [](const auto& p) { return std::string(p.param); });

TEST_P(RtspInterop, ffprobe_sees_both_tracks) {
  const auto output =
      output_of(fmt::format("timeout 20 ffprobe -v error -rtsp_transport {} -show_entries "
                            "stream=codec_name,width,height,sample_rate -of csv '{}' 2>&1",
                            GetParam(), url("admin:se%20cret@", "/live/gate?quality=best")));
  EXPECT_THAT(output, HasSubstr("stream,h264,160,96"));
  EXPECT_THAT(output, HasSubstr("stream,pcm_mulaw,8000"));
  EXPECT_EQ(bench.server->stats().sessions, 1U);
}

TEST_P(RtspInterop, ffmpeg_reads_the_pictures_bit_for_bit) {
  const auto output = output_of(fmt::format(
      "timeout 20 ffmpeg -v error -y -rtsp_transport {} -i '{}' -c copy -frames:v {} -f h264 {} 2>&1",
      GetParam(), url("admin:se%20cret@", "/live/yard"), pictures, file.string()));
  EXPECT_EQ(output, "");
  expect_pictures();
}

TEST_P(RtspInterop, gstreamer_reads_the_pictures_bit_for_bit) {
  const auto output = output_of(fmt::format(
      "timeout 20 gst-launch-1.0 -q {} user-id=admin user-pw='se cret' ! "
      "rtph264depay ! video/x-h264,stream-format=byte-stream,alignment=au ! identity eos-after={} ! "
      "filesink location={} 2>&1",
      source(url("", "/live/yard")), pictures + 1, file.string()));
  // On its way out rtspsrc's CLOSE may interrupt its own PAUSE, and it reports that as an error: nothing else
  // may be said.
  if (!output.empty()) {
    EXPECT_THAT(output, HasSubstr("gst_rtspsrc_pause ()"));
  }
  expect_pictures();
}

TEST_P(RtspInterop, wrong_password_is_refused_by_both) {
  const auto ffprobe = output_of(fmt::format("timeout 20 ffprobe -v error -rtsp_transport {} '{}' 2>&1",
                                             GetParam(), url("admin:guess@", "/live/yard")));
  EXPECT_THAT(ffprobe, HasSubstr("401 Unauthorized"));
  const auto gstreamer =
      output_of(fmt::format("timeout 20 gst-launch-1.0 -q {} user-id=admin user-pw=guess ! fakesink 2>&1",
                            source(url("", "/live/yard"))));
  EXPECT_THAT(gstreamer, HasSubstr("Unauthorized"));
  EXPECT_EQ(bench.server->stats().sessions, 0U);
}

}  // namespace
}  // namespace watchrig::media

#include "system/storage/device_export.hpp"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "system/media/av_encoder.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtsp_server.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using base::ErrorKind;

constexpr base::Duration picture_time = 40ms;
constexpr int gop = 12;
/// How a group with B pictures is stored: those that others lean on come before them.
constexpr int storing_order[gop] = {0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 11, 10};

struct Played {
  base::Bytes payload;
  bool key = false;
  base::UtcTime time;  ///< when it is shown, by the device's clock
};

/// What a device has recorded, and how it plays it.
struct Recording {
  media::Track track;
  std::vector<Played> pictures;
  bool tells_times = true;
};

class RecordedFeed final : public media::RtspFeed {
 public:
  explicit RecordedFeed(const Recording& recording)
      : recording_(recording), packetizer_(recording.track, 0, 0x1000) {}

  asio::awaitable<std::optional<media::RtpTrainPtr>> next() override { co_return try_next(); }
  std::optional<media::RtpTrainPtr> try_next() override {
    if (closed_ || next_ == recording_.pictures.size()) return std::nullopt;
    const Played& played = recording_.pictures[next_++];
    const auto since = played.time - recording_.pictures.front().time;
    const auto ticks = static_cast<std::uint32_t>(since / picture_time) * 3600;
    std::optional<media::ReplayMark> mark;
    if (recording_.tells_times) mark = {.time = played.time, .clean_point = played.key};
    return packetizer_.packetize(played.payload, played.key, ticks, played.time, mark).value();
  }
  void close() override { closed_ = true; }
  base::QueueStats stats() const override { return {}; }
  std::optional<media::RtpPosition> position(std::uint16_t) const override { return std::nullopt; }

 private:
  const Recording& recording_;
  media::RtpPacketizer packetizer_;
  std::size_t next_ = 0;
  bool closed_ = false;
};

class RecordedContent final : public media::RtspContent {
 public:
  explicit RecordedContent(const Recording& recording) : recording_(recording) {}
  asio::awaitable<base::Result<media::RtspDescription>> describe(media::RtspTarget) override {
    media::RtspDescription description;
    description.tracks = {recording_.track};
    description.recorded = true;
    co_return description;
  }
  asio::awaitable<base::Result<std::unique_ptr<media::RtspFeed>>> open(media::RtspTarget,
                                                                       asio::any_io_executor) override {
    std::unique_ptr<media::RtspFeed> feed = std::make_unique<RecordedFeed>(recording_);
    co_return feed;
  }

 private:
  const Recording& recording_;
};

/// Keeps sender reports back: a device that tells no times at all.
class NoReports final : public media::PacketFilter {
 public:
  bool idle() const override { return false; }
  void on_packet(const media::RtpTrain&, base::ByteView rtp, const Send& send) override { send(rtp); }
  bool on_sender_report(std::uint16_t, media::SenderReport&) override { return false; }
};

/// A device on a thread of its own, with 36 pictures that begin at test_start by its clock.
class DeviceExportTest : public testing::Test {
 protected:
  void SetUp() override {
    auto encoder = media::VideoEncoder::open({media::Codec::h264, 128, 96, {25, 1}, 200'000, gop});
    ASSERT_TRUE(encoder) << encoder.error().message;
    recording.track = encoder->track();
    const media::Picture picture(128, 96);
    for (int i = 0; i < 3 * gop; ++i) {
      auto encoded = encoder->encode(picture);
      ASSERT_TRUE(encoded) << encoded.error().message;
      const int shown = i / gop * gop + storing_order[i % gop];
      recording.pictures.push_back({std::move(encoded->payload), encoded->key, at(shown)});
    }
  }
  void TearDown() override {
    asio::post(io_, [this] { server_.reset(); });
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }
  static base::UtcTime at(int picture) { return test_start + picture * picture_time; }

  base::Result<ExportSummary> fetch(base::UtcTime from, base::UtcTime to, const FetchProgress& reached = {},
                                    base::Duration clock_ahead = {}) {
    media::RtspServer::Options options;
    if (!recording.tells_times) {
      options.packet_filter = [](const media::RtspSessionInfo&) { return std::make_unique<NoReports>(); };
    }
    server_ = media::RtspServer::start(
                  std::move(options), clock_, [this] { return io_.get_executor(); },
                  std::make_shared<RecordedContent>(recording))
                  .value();
    thread_ = std::thread([this] { io_.run(); });
    DeviceExport wanted;
    wanted.client.url = "rtsp://127.0.0.1:" + std::to_string(server_->port()) + "/recording";
    wanted.from = from;
    wanted.to = to;
    wanted.clock_ahead = clock_ahead;
    return export_from_device(clock_, wanted, path, reached);
  }
  /// As a player shows them.
  std::string pictures_in_file() const {
    const std::string command =
        "ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 " +
        path.native();
    std::string output;
    FILE* pipe = ::popen(command.c_str(), "r");
    char buffer[256];
    while (pipe && std::fgets(buffer, sizeof buffer, pipe)) output += buffer;
    if (pipe) ::pclose(pipe);
    return output;
  }

  Recording recording;
  TestVolume volume;
  const std::filesystem::path path = volume.directory.path() / "fetched.mp4";

 private:
  base::Clock clock_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<media::RtspServer> server_;
  std::thread thread_;
};

TEST_F(DeviceExportTest, PicturesThatAreShownInAnotherOrderThanTheyComeAreAllThere) {
  // The last ones come behind picture 18, which is not shown any more.
  const auto done = fetch(at(4), at(17) + 1ms);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->frames, 14U);
  EXPECT_EQ(done->from, at(6)) << "the first one that comes";
  EXPECT_EQ(pictures_in_file(), "14\n");
}

TEST_F(DeviceExportTest, ADeviceThatBreaksOffLeavesWhatItHasPlayed) {
  recording.pictures.resize(gop + 4);
  const auto done = fetch(at(0), at(36));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->frames, 16U);
  EXPECT_EQ(done->from, at(0));
  EXPECT_LT(done->to, at(16)) << "so whoever asked sees that the end is missing";
  EXPECT_EQ(pictures_in_file(), "16\n");
}

TEST_F(DeviceExportTest, ADeviceThatBreaksOffBeforeTheTimeThatWasAskedForHasPlayedNothing) {
  recording.pictures.resize(4);
  const auto done = fetch(at(12), at(36));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::not_found);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(DeviceExportTest, ItIsBrokenOffByWhoeverAskedAndLeavesNoFile) {
  std::vector<base::UtcTime> told;
  const auto done = fetch(
      at(0), at(36),
      [&](base::UtcTime reached) {
        told.push_back(reached);
        return told.size() < 5;
      },
      1h);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(told.size(), 5U);
  EXPECT_EQ(told.front(), at(0) - 1h) << "by this server's clock";
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(DeviceExportTest, TimesAreToldByThisServersClock) {
  const auto done = fetch(at(12), at(24), {}, -2h);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->frames, 12U);
  EXPECT_EQ(done->from, at(12) + 2h);
}

TEST_F(DeviceExportTest, ADeviceThatTellsNoTimesIsRefused) {
  recording.tells_times = false;
  const auto done = fetch(at(0), at(36));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::invalid);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace watchrig::storage

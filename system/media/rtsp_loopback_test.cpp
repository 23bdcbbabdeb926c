#include <set>

#include <gmock/gmock.h>

#include "system/media/rtcp.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using base::Result;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RtspBench;
using Transport = RtspClient::Transport;

RtspServer::Options with_password() {
  RtspServer::Options options;
  options.password = [](std::string_view user) {
    return user == "admin" ? std::optional<std::string>("secret") : std::nullopt;
  };
  return options;
}

struct Played {
  Result<Presentation> started;
  std::vector<AccessUnitPtr> units;
  base::Error error;
  RtspClient::Stats stats;
};

/// Plays until `count` units have come or an error.
asio::awaitable<Played> play(RtspBench& bench, RtspClient::Options options, std::size_t count) {
  RtspClient client(bench.io.get_executor(), bench.clock, std::move(options));
  Played played;
  played.started = co_await client.start();
  if (!played.started) played.error = played.started.error();
  while (played.started && played.units.size() < count) {
    const auto unit = co_await client.next();
    if (!unit) {
      played.error = unit.error();
      break;
    }
    played.units.push_back(*unit);
  }
  played.stats = client.stats();
  co_await client.stop();
  co_return played;
}

/// What the client has delivered is what the feed has sent, bit for bit.
void expect_whole(const Played& played, const testing::FakeStream& stream) {
  std::vector<std::size_t> next(stream.tracks.size());
  std::vector<std::vector<AccessUnit>> sent(stream.tracks.size());
  for (std::size_t n = 0; n < stream.count; ++n) {
    const auto unit = stream.unit(n);
    sent[unit.track].push_back(unit);
  }
  for (const auto& unit : played.units) {
    const auto& original = sent[unit->track].at(next[unit->track]++);
    ASSERT_EQ(unit->payload, original.payload);
    ASSERT_EQ(unit->rtp_timestamp, original.rtp_timestamp);
    ASSERT_EQ(unit->key, original.key);
  }
}

class Loopback : public ::testing::TestWithParam<Transport> {};
INSTANTIATE_TEST_SUITE_P(Transports, Loopback,
                         ::testing::Values(Transport::tcp, Transport::udp, Transport::http),
                         [](const auto& p) {
                           return p.param == Transport::tcp   ? "tcp"
                                  : p.param == Transport::udp ? "udp"
                                                              : "http";
                         });

TEST_P(Loopback, plays_video_and_sound_bit_for_bit) {
  RtspBench bench(with_password());
  auto options = bench.options();
  options.credentials = {"admin", "secret"};
  options.transport = GetParam();
  const auto played = bench.run(play(bench, options, 100));
  ASSERT_TRUE(played.started) << played.error.message;
  ASSERT_EQ(played.started->size(), 2U);
  EXPECT_EQ((*played.started)[0].codec, Codec::h264);
  EXPECT_EQ((*played.started)[0].width, 160);
  EXPECT_EQ((*played.started)[1].codec, Codec::pcmu);
  ASSERT_EQ(played.units.size(), 100U) << played.error.message;
  expect_whole(played, bench.content->streams.at("/live/gate"));
  EXPECT_TRUE(played.units[0]->sender_time || played.units[2]->sender_time) << "no sender report in time";
  EXPECT_EQ(played.stats.tracks[0].rtp.lost, 0U);
  bench.run_until([&] { return bench.server->stats().connections == 0; });
  const auto stats = bench.server->stats();
  EXPECT_EQ(stats.sessions, 1U);
  EXPECT_EQ(stats.playing, 0U);
  EXPECT_EQ(bench.content->closed, 1);
  EXPECT_EQ(bench.content->described.at(0).username, "admin");
}

TEST_P(Loopback, reports_go_both_ways) {
  RtspServer::Options options;
  options.report_interval = 200ms;
  RtspBench bench(options);
  bench.content->streams.at("/live/yard").interval = 10ms;
  auto client = bench.options("/live/yard");
  client.transport = GetParam();
  client.report_interval = 50ms;
  const auto played = bench.run(play(bench, client, 60));
  ASSERT_EQ(played.units.size(), 60U) << played.error.message;
  EXPECT_GE(played.stats.tracks[0].rtp.sender_reports, 2U);
  ASSERT_TRUE(played.stats.tracks[0].rtp.clock_offset);
  EXPECT_LT(std::chrono::abs(*played.stats.tracks[0].rtp.clock_offset), 100ms);
  EXPECT_EQ(bench.server->stats().lost_reported, 0U);
}

TEST_P(Loopback, keep_alive_outlives_a_short_session_timeout) {
  RtspServer::Options options;
  options.session_timeout = 1s;
  RtspBench bench(options);
  bench.content->streams.at("/live/yard").interval = 20ms;
  auto client = bench.options("/live/yard");
  client.transport = GetParam();
  const auto lively = bench.run(play(bench, client, 70));
  EXPECT_EQ(lively.units.size(), 70U) << lively.error.message;
  EXPECT_GE(lively.stats.keep_alives, 2U);
  EXPECT_EQ(bench.server->stats().timeouts, 0U);
}

TEST_P(Loopback, losses_of_the_packet_filter_are_seen_by_both_ends) {
  struct LoseEveryTenth final : PacketFilter {
    bool idle() const override { return false; }
    void on_packet(const RtpTrain&, base::ByteView rtp, const Send& send) override {
      if (++seen % 10 != 0) send(rtp);
    }
    bool on_sender_report(std::uint16_t, SenderReport& report) override {
      report.ntp += std::uint64_t{3600} << 32;
      return true;
    }
    int seen = 0;
  };
  RtspServer::Options options;
  options.packet_filter = [](const RtspSessionInfo&) { return std::make_unique<LoseEveryTenth>(); };
  RtspBench bench(options);
  bench.content->streams.at("/live/yard").interval = 5ms;
  bench.content->streams.at("/live/yard").padding = 4000;
  auto client = bench.options("/live/yard");
  client.transport = GetParam();
  client.report_interval = 50ms;
  client.damage = DamagePolicy::deliver_damaged;
  const auto played = bench.run(play(bench, client, 90));
  ASSERT_EQ(played.units.size(), 90U) << played.error.message;
  const auto& rtp = played.stats.tracks[0].rtp;
  EXPECT_NEAR(static_cast<double>(rtp.lost) / static_cast<double>(rtp.lost + rtp.packets), 0.1, 0.03);
  EXPECT_GT(rtp.damaged_units, 0U);
  EXPECT_GT(bench.server->stats().lost_reported, 0U);
  ASSERT_TRUE(rtp.clock_offset);
  EXPECT_NEAR(std::chrono::duration<double>(*rtp.clock_offset).count(), 3600, 1);
}

TEST_P(Loopback, packets_held_back_by_a_filter_arrive_late_but_whole) {
  struct Swap final : PacketFilter {
    bool idle() const override { return held.empty() && seen > 20; }
    void on_packet(const RtpTrain&, base::ByteView rtp, const Send& send) override {
      if (++seen == 6) {
        held.assign(rtp.begin(), rtp.end());
        later = send;
        return;
      }
      send(rtp);
      if (seen == 9) later(std::exchange(held, {}));
    }
    bool on_sender_report(std::uint16_t, SenderReport&) override { return true; }
    int seen = 0;
    base::Bytes held;
    Send later;
  };
  RtspServer::Options options;
  options.packet_filter = [](const RtspSessionInfo&) { return std::make_unique<Swap>(); };
  RtspBench bench(options);
  auto client = bench.options("/live/yard");
  client.transport = GetParam();
  const auto played = bench.run(play(bench, client, 90));
  ASSERT_EQ(played.units.size(), 90U) << played.error.message;
  const auto& rtp = played.stats.tracks[0].rtp;
  if (GetParam() == Transport::udp) {
    EXPECT_EQ(rtp.reordered, 1U);
    expect_whole(played, bench.content->streams.at("/live/yard"));
  } else {
    EXPECT_EQ(rtp.lost, 1U);
    EXPECT_EQ(rtp.late, 1U);
  }
}

TEST_P(Loopback, server_that_dies_ends_the_client_with_a_reason) {
  RtspBench bench;
  bench.content->streams.at("/live/gate").interval = 1ms;
  bench.content->streams.at("/live/gate").count = 100000;
  auto options = bench.options();
  options.transport = GetParam();
  options.data_timeout = 300ms;
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  ASSERT_TRUE(bench.run(client.start()));
  ASSERT_TRUE(bench.run(client.next()));
  bench.server->stop_accepting();
  bench.server->drop_all_sessions(true);
  Result<AccessUnitPtr> unit;
  do unit = bench.run(client.next());
  while (unit);
  EXPECT_EQ(unit.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(unit.error().message, HasSubstr(bench.url()));
  const auto refused = bench.run(play(bench, options, 1));
  EXPECT_EQ(refused.error.kind, ErrorKind::unavailable);
  EXPECT_THAT(refused.error.message, HasSubstr("cannot connect: Connection refused"));
  ASSERT_TRUE(bench.server->resume_accepting());
  EXPECT_EQ(bench.run(play(bench, options, 10)).units.size(), 10U);
}

TEST_P(Loopback, stalled_server_is_noticed_by_its_silence) {
  RtspBench bench;
  bench.content->streams.at("/live/gate").interval = 1ms;
  bench.content->streams.at("/live/gate").count = 100000;
  auto options = bench.options();
  options.transport = GetParam();
  options.data_timeout = 100ms;
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  ASSERT_TRUE(bench.run(client.start()));
  ASSERT_TRUE(bench.run(client.next()));
  bench.server->stall(true);
  Result<AccessUnitPtr> unit;
  do unit = bench.run(client.next());
  while (unit);
  EXPECT_EQ(unit.error().kind, ErrorKind::timeout);
  EXPECT_THAT(unit.error().message, HasSubstr("no data for 100ms"));
  EXPECT_EQ(bench.run(client.next()).error().message, unit.error().message);
  bench.server->stall(false);
}

TEST_P(Loopback, end_of_the_stream_ends_the_client) {
  RtspBench bench;
  bench.content->streams.at("/live/gate").endless = false;
  bench.content->streams.at("/live/gate").count = 40;
  auto options = bench.options();
  options.transport = GetParam();
  const auto played = bench.run(play(bench, options, 1000));
  EXPECT_EQ(played.units.size(), 40U);
  EXPECT_EQ(played.error.kind, ErrorKind::unavailable);
}

TEST(RtspLoopback, wrong_password_and_wrong_path_are_told_apart) {
  RtspBench bench(with_password());
  auto options = bench.options();
  const auto without = bench.run(play(bench, options, 1)).error;
  EXPECT_EQ(without.kind, ErrorKind::denied);
  EXPECT_THAT(without.message, HasSubstr("a user name and password are needed"));

  options.credentials = {"admin", "guess"};
  const auto wrong = bench.run(play(bench, options, 1)).error;
  EXPECT_EQ(wrong.kind, ErrorKind::denied);
  EXPECT_THAT(wrong.message,
              HasSubstr("401 after Digest authentication (wrong password for user \"admin\"?)"));
  EXPECT_TRUE(bench.content->described.empty());

  options.url = "rtsp://admin:secret@127.0.0.1:" + std::to_string(bench.server->port()) + "/live/gatte";
  options.credentials = {};
  const auto path = bench.run(play(bench, options, 1)).error;
  EXPECT_EQ(path.kind, ErrorKind::not_found);
  EXPECT_THAT(path.message, HasSubstr("404 Not Found (wrong path"));
  EXPECT_THAT(path.message, Not(HasSubstr("secret")));
}

TEST(RtspLoopback, errors_of_the_content_become_errors_of_the_client) {
  RtspBench bench;
  const std::pair<ErrorKind, ErrorKind> expected[] = {{ErrorKind::denied, ErrorKind::denied},
                                                      {ErrorKind::unavailable, ErrorKind::unavailable},
                                                      {ErrorKind::timeout, ErrorKind::unavailable},
                                                      {ErrorKind::full, ErrorKind::unavailable},
                                                      {ErrorKind::unsupported, ErrorKind::unsupported}};
  for (const auto& [cause, seen] : expected) {
    bench.content->errors["/live/gate"] = {cause, "for a reason"};
    EXPECT_EQ(bench.run(play(bench, bench.options(), 1)).error.kind, seen) << to_string(cause);
  }
}

TEST(RtspLoopback, query_reaches_the_content_and_audio_can_be_left_out) {
  RtspBench bench;
  auto options = bench.options("/live/gate?from=a%20b&to=c");
  options.audio = false;
  const auto played = bench.run(play(bench, options, 20));
  ASSERT_EQ(played.units.size(), 20U) << played.error.message;
  for (const auto& unit : played.units) EXPECT_EQ(unit->track, 0);
  EXPECT_EQ(bench.content->described.at(0).path, "/live/gate");
  EXPECT_EQ(bench.content->described.at(0).query, "from=a%20b&to=c");
}

TEST(RtspLoopback, cancel_ends_a_waiting_reader) {
  RtspBench bench;
  bench.content->streams.at("/live/yard").count = 1;
  RtspClient client(bench.io.get_executor(), bench.clock, bench.options("/live/yard"));
  ASSERT_TRUE(bench.run(client.start()));
  ASSERT_TRUE(bench.run(client.next()));
  asio::post(bench.io, [&] { client.cancel(); });
  const auto unit = bench.run(client.next());
  ASSERT_FALSE(unit);
  EXPECT_EQ(unit.error().kind, ErrorKind::cancelled);
}

TEST(RtspLoopback, client_destroyed_in_the_middle_leaves_nothing_behind) {
  RtspBench bench;
  bench.content->streams.at("/live/gate").interval = 1ms;
  {
    RtspClient client(bench.io.get_executor(), bench.clock, bench.options());
    ASSERT_TRUE(bench.run(client.start()));
    ASSERT_TRUE(bench.run(client.next()));
  }
  {
    RtspClient client(bench.io.get_executor(), bench.clock, bench.options());
    bool ended = false;
    asio::co_spawn(bench.io, client.start(), [&](std::exception_ptr, Result<Presentation> started) {
      ended = true;
      EXPECT_EQ(started.error().kind, ErrorKind::cancelled);
    });
    bench.io.poll_one();
    client.cancel();
    bench.run_until([&] { return ended; });
  }
  bench.run_until([&] { return bench.server->stats().connections == 0; });
  EXPECT_EQ(bench.content->opened, bench.content->closed);
}

TEST(RtspLoopback, slow_consumer_holds_back_the_connection_and_loses_nothing) {
  RtspBench bench;
  auto& stream = bench.content->streams.at("/live/yard");
  stream.count = 600;
  stream.padding = 20'000;
  auto options = bench.options("/live/yard");
  options.max_queued_units = 8;
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  ASSERT_TRUE(bench.run(client.start()));
  Played played;
  while (played.units.size() < 600) {
    for (int i = 0; i < 50; ++i) bench.io.poll_one();
    const auto unit = bench.run(client.next());
    ASSERT_TRUE(unit) << unit.error().message;
    played.units.push_back(*unit);
  }
  expect_whole(played, stream);
  EXPECT_EQ(client.stats().tracks[0].rtp.lost, 0U);
}

TEST(RtspLoopback, PlaysRecordedMaterialBetweenTwoTimes) {
  RtspBench bench;
  bench.content->recorded = true;
  auto options = bench.options();
  RtspReplay wanted;
  wanted.from = base::parse_utc("2026-01-31T12:00:00.040Z").value();
  wanted.to = wanted.from + 10s;
  wanted.rate_control = false;
  options.replay = wanted;
  const auto played = bench.run(play(bench, options, 20));
  ASSERT_TRUE(played.started) << played.started.error().message;
  EXPECT_EQ(played.units.size(), 20U);
  ASSERT_EQ(bench.content->replays.size(), 1U);
  const auto& asked = bench.content->replays.front();
  EXPECT_EQ(asked.from, wanted.from);
  EXPECT_EQ(asked.to, wanted.to);
  EXPECT_FALSE(asked.rate_control);
}

TEST(RtspLoopback, SeeksWhileItPlaysWhatIsRecorded) {
  RtspBench bench;
  bench.content->recorded = true;
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await testing::connect(b);
    auto answer = co_await peer.ask("SETUP", b.url("/live/yard/track0"), testing::tcp_transport);
    EXPECT_EQ(answer.status, 200);
    const std::string first = "Range: clock=20260131T120000Z-\r\n",
                      second = "Range: clock=20260131T130000Z-\r\n";
    for (const auto& range : {first, second, std::string()}) {
      answer = co_await peer.ask("PLAY", b.url("/live/yard"), range);
      EXPECT_EQ(answer.status, 200);
    }
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Range: npt=5-\r\n");
    EXPECT_EQ(answer.status, 457);
  }(bench));
  ASSERT_EQ(bench.content->replays.size(), 2U);  // a PLAY without a range goes on
  EXPECT_EQ(bench.content->replays[1].from - bench.content->replays[0].from, 1h);
}

}  // namespace
}  // namespace watchrig::media
